//go:build tools

// Package tools names what is built from this module: the node exporter.
package tools

import _ "github.com/prometheus/node_exporter"
