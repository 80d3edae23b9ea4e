// Package ui stands in for Alertmanager's own: what its web interface is built with is in no Go module. The API is whole, and
// amtool speaks it.
package ui

import (
	"net/http"

	"github.com/prometheus/common/route"
)

const page = `<!doctype html>
<title>Alertmanager</title>
<p>This build of Alertmanager has no web interface. Ask it with amtool, or over its <a href="api/v2/alerts">API</a>.</p>
`

// Register serves the page that says so.
func Register(r *route.Router) {
	r.Get("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	})
}
