//go:build tools

// Package tools pins kind, so that go.sum covers everything it is built from.
package tools

import _ "sigs.k8s.io/kind"
