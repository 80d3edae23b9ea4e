// Package dns01 has the one function of domain names that Traefik uses for every certificate, and options that nobody reads.
package dns01

import (
	"strings"
	"time"
)

// UnFqdn takes the dot at the end of a name away.
func UnFqdn(name string) string {
	return strings.TrimSuffix(name, ".")
}

type Options struct {
	RecursiveNameservers []string
}

type Client struct{}

func NewClient(*Options) *Client { return &Client{} }

func SetDefaultClient(*Client) {}

type ChallengeOption struct{}

func CondOptions(bool, ...ChallengeOption) ChallengeOption { return ChallengeOption{} }

func DisableAuthoritativeNssPropagationRequirement() ChallengeOption { return ChallengeOption{} }

func DisableRecursiveNSsPropagationRequirement() ChallengeOption { return ChallengeOption{} }

func PropagationWait(time.Duration, bool) ChallengeOption { return ChallengeOption{} }
