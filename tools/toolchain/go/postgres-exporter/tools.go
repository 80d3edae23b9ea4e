//go:build tools

// Package tools names what is built from this module: the PostgreSQL exporter.
package tools

import _ "github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter"
