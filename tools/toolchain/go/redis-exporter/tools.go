//go:build tools

// Package tools names what is built from this module: the Redis exporter.
package tools

import _ "github.com/oliver006/redis_exporter"
