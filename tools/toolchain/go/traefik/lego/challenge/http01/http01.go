// Package http01 says by which path a certificate authority would ask.
package http01

import "time"

const PathPrefix = "/.well-known/acme-challenge/"

type ChallengeOption struct{}

func SetDelay(time.Duration) ChallengeOption { return ChallengeOption{} }
