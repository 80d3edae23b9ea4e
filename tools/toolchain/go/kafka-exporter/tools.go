//go:build tools

// Package tools names what is built from this module: the Kafka exporter.
package tools

import _ "github.com/grafana/kafka_exporter"
