import { FILES } from "../environment";

export const START = `${FILES}/start.py`;
export const GUNICORN = `${FILES}/gunicorn.conf.py`;
export const SUPERUSER = `${FILES}/superuser.py`;

/** Where processes share what they count. */
const COUNTERS = "/tmp/prometheus";

/** Run by the image's Python before the server, which it becomes. Its arguments are the server's command. */
export const START_SCRIPT = `"""What has to be done in this container before the server starts."""

import os
import shutil
import socket
import subprocess
import sys


def own_addresses():
    """Probes and Prometheus ask by address, which nobody knows before the container is there."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError as error:
        print(f"start: no address of its own is known ({error})", file=sys.stderr)
        return []
    return sorted({address[4][0] for address in found})


hosts = [host for host in os.environ.get("DJANGO_ALLOWED_HOSTS", "").split(",") if host]
addresses = [f"[{a}]" if ":" in a else a for a in own_addresses()]
os.environ["DJANGO_ALLOWED_HOSTS"] = ",".join(dict.fromkeys(hosts + addresses))

if os.environ.get("COLLECT_STATIC") == "true":
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"], check=True)

# For the server alone, and empty: what processes of an earlier start counted would be counted again.
shutil.rmtree("${COUNTERS}", ignore_errors=True)
os.makedirs("${COUNTERS}")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = "${COUNTERS}"

sys.stdout.flush()
os.execvp(sys.argv[1], sys.argv[1:])
`;

/** Settings that are numbers come as arguments; this is what only code can say. */
export function gunicornConfig(slowSeconds: number): string {
  return `"""Hooks of gunicorn: requests that take long, and metrics of processes that have ended."""

import time

SLOW_SECONDS = ${slowSeconds}

# It would be a file beside the code, where nothing can be written. Versions without it do not mind.
control_socket_disable = True


def pre_request(worker, req):
    req.begun = time.monotonic()


def post_request(worker, req, environ, resp):
    seconds = time.monotonic() - getattr(req, "begun", time.monotonic())
    if seconds > SLOW_SECONDS:
        # Without the query, which may say who asked for what.
        worker.log.warning("slow request: %s %s took %.2f s (status %s)", req.method, req.path, seconds, resp.status_code)


def child_exit(server, worker):
    try:
        from prometheus_client import multiprocess
    except ImportError:
        return
    multiprocess.mark_process_dead(worker.pid)
`;
}

/** Idempotent; takes the password over from the file each time it runs, which is how it is rotated. */
export const SUPERUSER_SCRIPT = `"""Makes the administrator, or sets its password. Run by "manage.py shell"."""

import os
import pathlib

from django.contrib.auth import get_user_model

User = get_user_model()
name = os.environ["DJANGO_SUPERUSER_NAME"]
password = pathlib.Path(os.environ["DJANGO_SUPERUSER_PASSWORD_FILE"]).read_text(encoding="utf-8").strip()
users = User._default_manager
user = users.filter(**{User.USERNAME_FIELD: name}).first()
if user is None:
    required = {field: os.environ.get(f"DJANGO_SUPERUSER_{field.upper()}", "") for field in User.REQUIRED_FIELDS}
    users.create_superuser(**{User.USERNAME_FIELD: name}, **required, password=password)
    print(f"superuser {name}: created")
elif user.is_staff and user.is_superuser and user.is_active and user.check_password(password):
    print(f"superuser {name}: unchanged")
else:
    # Whoever knew an earlier password is logged out by that.
    user.is_staff = user.is_superuser = user.is_active = True
    user.set_password(password)
    user.save()
    print(f"superuser {name}: password and rights set")
`;
