import io
import json
import logging
import random
import socket
import struct
import time
import unittest
import urllib.error
import urllib.request
from unittest import mock

from prometheus_client import CollectorRegistry, Counter

from market.core import metrics_server
from market.core.lifecycle import Backoff, Stop
from market.core.logs import JsonFormatter
from market.sink.health import Health


class BackoffTest(unittest.TestCase):
    def test_grows_to_its_limit_and_differs(self) -> None:
        backoff = Backoff(1.0, 10.0, random.Random(1))
        pauses = [backoff.next() for _ in range(40)]
        for attempt, pause in enumerate(pauses):
            whole = min(10.0, 2.0**attempt)
            self.assertTrue(whole / 2 <= pause <= whole)
        self.assertGreater(len(set(pauses[5:])), 30)
        backoff.reset()
        self.assertLessEqual(backoff.next(), 1.0)

    def test_waiting_ends_when_told_to(self) -> None:
        stop = Stop()
        self.assertFalse(stop.wait(0))
        stop.set()
        self.assertTrue(stop.wait(60))


class HealthTest(unittest.TestCase):
    def setUp(self) -> None:
        self.now = 0.0
        self.health = Health(60.0, lambda: self.now)

    def after(self, seconds: float) -> bool:
        """Healthy after that time, in which the loop turned."""
        self.now += seconds
        self.health.turn()
        return self.health.check()[0]

    def test_not_before_the_group_has_it(self) -> None:
        self.assertFalse(self.after(1))
        self.health.joined()
        self.assertTrue(self.after(1))

    def test_lag_is_no_fault_while_it_moves(self) -> None:
        self.health.joined()
        for _ in range(10):
            self.health.progress(1_000)
            self.assertTrue(self.after(30))

    def test_lag_without_progress_is(self) -> None:
        self.health.joined()
        self.health.progress(5)
        self.assertTrue(self.after(59))
        self.health.behind(5)
        self.assertFalse(self.after(2))
        self.health.behind(0)
        self.assertTrue(self.after(0))

    def test_nothing_to_do_is_healthy_for_ever(self) -> None:
        self.health.joined()
        self.health.progress(0)
        self.assertTrue(self.after(100_000))

    def test_trouble_is_a_fault_even_without_known_lag(self) -> None:
        self.health.joined()
        self.health.progress(0)
        self.health.trouble("database: refused")
        self.assertTrue(self.after(59))
        self.assertFalse(self.after(2))
        self.assertEqual(self.health.check()[1]["trouble"], "database: refused")

    def test_a_loop_that_hangs_is_a_fault(self) -> None:
        self.health.joined()
        self.health.progress(0)
        self.now += 121
        self.assertFalse(self.health.check()[0])


class Server(unittest.TestCase):
    def test_metrics_and_health(self) -> None:
        registry = CollectorRegistry()
        Counter("things", "Things.", registry=registry).inc(3)
        state = {"healthy": True}
        server = metrics_server.serve(0, lambda: (state["healthy"], {"lag": 2}), registry)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        base = f"http://127.0.0.1:{server.server_port}"
        with urllib.request.urlopen(f"{base}/metrics", timeout=5) as answer:
            self.assertIn(b"things_total 3.0", answer.read())
        with urllib.request.urlopen(f"{base}/healthz", timeout=5) as answer:
            self.assertEqual(json.load(answer), {"status": "ok", "lag": 2})
        with mock.patch("sys.stderr", io.StringIO()) as told:
            for _ in range(20):
                hasty = socket.create_connection(("127.0.0.1", server.server_port))
                # hangs up with a reset, as who closes without having read
                hasty.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                hasty.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                hasty.close()
            with urllib.request.urlopen(f"{base}/healthz", timeout=5) as answer:
                self.assertEqual(answer.status, 200)
            time.sleep(0.1)
            self.assertEqual(told.getvalue(), "")
        state["healthy"] = False
        for path, status in (("/healthz", 503), ("/", 404)):
            with self.assertRaises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(f"{base}{path}", timeout=5)
            self.assertEqual(raised.exception.code, status)
            raised.exception.close()


class Logs(unittest.TestCase):
    def test_one_line_whatever_is_in_it(self) -> None:
        record = logging.LogRecord("market", logging.WARNING, "", 0, "two\nlines", None, None)
        record.fields = {"topic": "a", "at": Stop}
        line = JsonFormatter().format(record)
        self.assertNotIn("\n", line)
        entry = json.loads(line)
        self.assertEqual((entry["level"], entry["event"], entry["topic"]), ("warning", "two\nlines", "a"))
