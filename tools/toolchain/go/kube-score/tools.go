//go:build tools

// Package tools names what is built from this module: kube-score, which says what it thinks of the manifests.
package tools

import _ "github.com/zegl/kube-score/cmd/kube-score"
