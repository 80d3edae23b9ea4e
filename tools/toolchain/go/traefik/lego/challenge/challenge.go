// Package challenge says what Traefik's own answers to challenges look like.
package challenge

import "context"

type Provider interface {
	Present(ctx context.Context, domain, token, keyAuth string) error
	CleanUp(ctx context.Context, domain, token, keyAuth string) error
}
