"""Gunicorn's settings; it reads this file from its working directory."""

import glob
import os
import shutil
import tempfile
from typing import Any

# Before prometheus_client is imported by anybody: it decides then where numbers are kept.
METRICS = os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", os.path.join(tempfile.gettempdir(), "market-metrics"))

from market.core import environment, logs  # noqa: E402


def _settings() -> dict[str, int | str]:
    def read(source: environment.Environment) -> dict[str, int | str]:
        return {
            "port": source.integer("API_PORT", 8000, 1, 65_535),
            "workers": source.integer("API_WORKERS", 2, 1, 32),
            "threads": source.integer("API_THREADS", 4, 1, 64),
            "level": source.choice("LOG_LEVEL", "info", logs.LEVELS),
        }

    return environment.load_or_stop("market.api", read)


_own = _settings()

bind = f"0.0.0.0:{_own['port']}"
workers = _own["workers"]
threads = _own["threads"]
worker_class = "gthread"
# Seconds. A worker whose loop does not turn is replaced; a request in a thread may take longer than that.
timeout = 30
graceful_timeout = 20
keepalive = 5
# Workers tell that they live by a file; only /tmp is writable.
worker_tmp_dir = tempfile.gettempdir()
control_socket_disable = True
# One that grew is replaced, not all at once.
max_requests = 20_000
max_requests_jitter = 2_000
logconfig_dict = logs.dictionary(str(_own["level"]))
# Addresses are Prometheus's business, and bodies nobody's.
accesslog = None


def on_starting(_server: object) -> None:
    """Forgets the numbers of an earlier life of this container. Wrong settings end it here, once."""
    shutil.rmtree(METRICS, ignore_errors=True)
    os.makedirs(METRICS, mode=0o700)
    from market.api.options import options

    options()
    _collect_static()


def child_exit(_server: object, worker: Any) -> None:
    """A worker that is gone says nothing about the present; what it counted stays counted."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
    for path in glob.glob(os.path.join(METRICS, f"gauge_*_{worker.pid}.db")):
        os.remove(path)


def _collect_static() -> None:
    """An image has its static files; a checkout has not."""
    from market.api import static_settings

    if not os.path.exists(os.path.join(static_settings.STATIC_ROOT, "staticfiles.json")):
        import subprocess
        import sys

        subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"], check=True)
