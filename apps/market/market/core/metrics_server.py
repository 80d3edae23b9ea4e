"""`/metrics` and `/healthz` on one port, in a thread of its own."""

import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

from market.core.logs import Log

log = Log("market.metrics")

#: Healthy or not, and what is to be said about it.
Health = Callable[[], tuple[bool, dict[str, object]]]


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Probes that read the first line and hang up are no error."""
        error = sys.exception()
        if not isinstance(error, (ConnectionError, TimeoutError)):
            log.error("metrics server", error)


def serve(port: int, health: Health, registry: CollectorRegistry = REGISTRY) -> ThreadingHTTPServer:
    """Listens on all addresses; ends with the process. Port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        server_version = "market"
        sys_version = ""

        def do_GET(self) -> None:
            path = self.path.split("?", 1)[0]
            if path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(registry))
            elif path == "/healthz":
                healthy, body = health()
                text = json.dumps({"status": "ok" if healthy else "failing", **body}).encode()
                self._answer(200 if healthy else 503, "application/json", text)
            else:
                self._answer(404, "text/plain; charset=utf-8", b"only /metrics and /healthz are here\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes and scrapes are not worth a line each."""

    server = Server(("0.0.0.0", port), Handler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
