//go:build tools

// Package tools names what is built from this module: Traefik.
package tools

import _ "github.com/traefik/traefik/v3/cmd/traefik"
