// Package tlsalpn01 names the protocol by which a certificate authority would ask; Traefik keeps it apart from all others.
package tlsalpn01

import (
	"time"

	"github.com/go-acme/lego/v5/none"
)

const ACMETLS1Protocol = "acme-tls/1"

type ChallengeOption struct{}

func SetDelay(time.Duration) ChallengeOption { return ChallengeOption{} }

func ChallengeBlocks(string, string) ([]byte, []byte, error) { return nil, nil, none.ErrNone }
