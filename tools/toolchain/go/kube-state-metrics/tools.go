//go:build tools

// Package tools names what is built from this module: kube-state-metrics.
package tools

import _ "k8s.io/kube-state-metrics/v2"
