"""The API without its servers: what it answers then, and what it answers without asking them."""

import importlib
import json
import logging
import os
import shutil
import tempfile
import time
import unittest
from datetime import timedelta
from typing import Any
from unittest import mock

FOLDER = tempfile.mkdtemp(prefix="market-api-")
HOST = {"HTTP_HOST": "viz.example"}
client: Any = None


def setUpModule() -> None:
    """Django is set up once per process. Nothing listens on port 1."""
    secret = os.path.join(FOLDER, "secret")
    with open(secret, "w", encoding="utf-8") as file:
        file.write("s" * 50)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="market.api.settings",
        DATABASE_HOST="127.0.0.1",
        DATABASE_PORT="1",
        DATABASE_NAME="crypto",
        DATABASE_USER="market_api",
        DATABASE_PASSWORD_FILE=secret,
        REDIS_HOST="127.0.0.1",
        REDIS_PORT="1",
        REDIS_USER="app",
        REDIS_PASSWORD_FILE=secret,
        DJANGO_SECRET_KEY_FILE=secret,
        DJANGO_ALLOWED_HOSTS="viz.example",
        DJANGO_CORS_ORIGINS="https://shop.example",
        DJANGO_STATIC_ROOT=os.path.join(FOLDER, "static"),
        API_SLOW_REQUEST_SECONDS="0.001",
    )
    import django
    from django.core.management import call_command

    django.setup()
    for name in (None, "django"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    call_command("collectstatic", interactive=False, verbosity=0)
    global client
    client = importlib.import_module("django.test").Client(raise_request_exception=False)


def tearDownModule() -> None:
    shutil.rmtree(FOLDER)


class Answers(unittest.TestCase):
    def setUp(self) -> None:
        logger = logging.getLogger("market.api")
        level = logger.level
        logger.setLevel(logging.CRITICAL)
        self.addCleanup(logger.setLevel, level)

    def test_health_names_what_is_missing_in_time(self) -> None:
        started = time.monotonic()
        answer = client.get("/api/v1/health/", HTTP_HOST="10.0.0.7:8000")
        self.assertLess(time.monotonic() - started, 3)
        self.assertEqual(answer.status_code, 503)
        body = answer.json()
        self.assertEqual(body["status"], "failing")
        self.assertEqual(sorted(body["checks"]), ["database", "migrations", "redis"])
        self.assertNotIn("ok", body["checks"].values())
        self.assertNotIn("s" * 50, json.dumps(body))

    def test_health_is_well_when_all_are(self) -> None:
        health = importlib.import_module("market.api.health")
        with mock.patch.dict(health._CHECKS, {name: lambda: None for name in health._CHECKS}):
            answer = client.get("/api/v1/health/")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["status"], "ok")
        self.assertEqual(answer.headers["Content-Length"], str(len(answer.content)))

    def test_health_is_degraded_without_redis_and_serves_on(self) -> None:
        health = importlib.import_module("market.api.health")

        def down() -> None:
            raise ConnectionError("no redis")

        for broken, status, code in [("redis", "degraded", 200), ("database", "failing", 503)]:
            checks = {**{name: lambda: None for name in health._CHECKS}, broken: down}
            with mock.patch.dict(health._CHECKS, checks):
                answer = client.get("/api/v1/health/")
            self.assertEqual((answer.json()["status"], answer.status_code), (status, code))

    def test_health_waits_for_nobody_for_ever(self) -> None:
        health = importlib.import_module("market.api.health")
        checks = {**{name: lambda: None for name in health._CHECKS}, "database": lambda: time.sleep(0.5)}
        with mock.patch.dict(health._CHECKS, checks), mock.patch.object(health, "LIMIT", 0.05):
            answer = client.get("/api/v1/health/")
        self.assertEqual(
            answer.json()["checks"], {"database": "no answer within 0.05 s", "migrations": "ok", "redis": "ok"}
        )

    def test_probes_and_scrapes_come_by_any_address(self) -> None:
        for path in ("/api/v1/live/", "/metrics"):
            self.assertEqual(client.get(path, HTTP_HOST="10.0.0.7:8000").status_code, 200, path)
        self.assertIn(b"market_api_cache_requests_total", client.get("/metrics").content)
        self.assertEqual(client.get("/api/v1/prices/", HTTP_HOST="evil.example").status_code, 400)

    def test_prices_without_a_database(self) -> None:
        answer = client.get("/api/v1/prices/", **HOST)
        self.assertEqual((answer.status_code, answer.headers["Retry-After"]), (503, "5"))

    def test_nothing_can_be_written(self) -> None:
        self.assertEqual(client.post("/api/v1/prices/", **HOST).status_code, 405)

    def test_what_is_asked_wrongly_is_named(self) -> None:
        for query, parameter in (
            ("", "symbol"),
            ("?symbol=btc", "symbol"),
            ("?symbol=BTC-USD&hours=0", "hours"),
            ("?symbol=BTC-USD&hours=745", "hours"),
            ("?symbol=BTC-USD&hours=1e1", "hours"),
            ("?symbol=BTC-USD&hours=%D9%A3", "hours"),
        ):
            answer = client.get(f"/api/v1/ohlc/{query}", **HOST)
            self.assertEqual((answer.status_code, answer.json()["error"]["parameter"]), (400, parameter), query)

    def test_other_origins(self) -> None:
        allowed = client.get("/api/v1/ohlc/", HTTP_ORIGIN="https://shop.example", **HOST)
        self.assertEqual(allowed.headers["Access-Control-Allow-Origin"], "https://shop.example")
        self.assertNotIn("Access-Control-Allow-Credentials", allowed.headers)
        for origin in ("https://evil.example", "https://shop.example.evil", "null"):
            refused = client.get("/api/v1/ohlc/", HTTP_ORIGIN=origin, **HOST)
            self.assertNotIn("Access-Control-Allow-Origin", refused.headers)
            self.assertIn("Origin", refused.headers["Vary"])
        asked = {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET", **HOST}
        self.assertEqual(
            client.options("/api/v1/prices/", HTTP_ORIGIN="https://shop.example", **asked).status_code, 204
        )
        self.assertNotEqual(
            client.options("/api/v1/prices/", HTTP_ORIGIN="https://evil.example", **asked).status_code, 204
        )

    def test_admin_pages_have_their_style(self) -> None:
        plain = client.get("/static/admin/css/base.css", **HOST)
        self.addCleanup(plain.close)
        self.assertEqual((plain.status_code, plain.headers["Content-Type"]), (200, 'text/css; charset="utf-8"'))
        page = client.get("/admin/login/", **HOST)
        hashed = page.content.decode().split('href="')[1].split('"')[0]
        self.assertRegex(hashed, r"^/static/admin/css/base\.[0-9a-f]{12}\.css$")
        answer = client.get(hashed, HTTP_ACCEPT_ENCODING="gzip", **HOST)
        self.addCleanup(answer.close)
        self.assertEqual((answer.status_code, answer.headers["Content-Encoding"]), (200, "gzip"))
        self.assertIn("immutable", answer.headers["Cache-Control"])
        self.assertEqual(page.headers["X-Frame-Options"], "DENY")

    def test_slow_requests_are_told_without_what_was_asked(self) -> None:
        logging.getLogger("market.api").setLevel(logging.WARNING)
        with self.assertLogs("market.api", "WARNING") as logged:
            client.get("/api/v1/prices/?token=abc", **HOST)
        slow = [record.fields for record in logged.records if record.getMessage() == "slow request"]
        self.assertEqual((slow[0]["path"], slow[0]["status"]), ("/api/v1/prices/", 503))
        self.assertNotIn("abc", json.dumps(slow))


class Cache:
    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.down = False

    def get(self, key: str) -> Any:
        self.fail()
        return self.kept.get(key)

    def set(self, key: str, value: Any, timeout: int) -> None:
        self.fail()
        self.kept[key] = value

    def fail(self) -> None:
        from redis.exceptions import ConnectionError

        if self.down:
            raise ConnectionError("refused")


class Kept(unittest.TestCase):
    def setUp(self) -> None:
        self.module = importlib.import_module("market.api.cached")
        self.cache = Cache()
        patch = mock.patch.object(self.module, "cache", self.cache)
        patch.start()
        self.addCleanup(patch.stop)
        self.kept = self.module.Kept(self.id(), timedelta(seconds=1))
        self.loads = 0

    def load(self) -> list[int]:
        self.loads += 1
        return []

    def counted(self) -> dict[str, float]:
        sample = self.module.REQUESTS.labels
        return {result: sample(self.id(), result)._value.get() for result in ("hit", "miss", "error")}

    def test_an_empty_answer_is_an_answer(self) -> None:
        self.assertEqual([self.kept.get("a", self.load) for _ in range(3)], [[], [], []])
        self.assertEqual(self.loads, 1)
        self.assertEqual(self.counted(), {"hit": 2.0, "miss": 1.0, "error": 0.0})

    def test_without_redis_it_asks_each_time(self) -> None:
        self.cache.down = True
        with self.assertLogs("market.api", "WARNING"):
            self.assertEqual([self.kept.get("a", self.load) for _ in range(2)], [[], []])
        self.assertEqual(self.loads, 2)
        self.assertEqual(self.counted(), {"hit": 0.0, "miss": 0.0, "error": 2.0})

    def test_shorter_than_a_second_is_refused(self) -> None:
        for ttl in (timedelta(0), timedelta(milliseconds=1500)):
            with self.assertRaises(ValueError):
                self.module.Kept("x", ttl)


class Serializer(unittest.TestCase):
    def test_keeps_data_and_runs_nothing(self) -> None:
        import pickle

        serializer = importlib.import_module("market.api.cache_backend").JsonSerializer()
        for value in ({"a": [1, 2.5, None]}, "text", 7, []):
            kept = serializer.dumps(value)
            self.assertEqual(serializer.loads(str(kept).encode() if isinstance(kept, int) else kept), value)
        with self.assertRaises(ValueError):
            serializer.loads(pickle.dumps([1]))


if __name__ == "__main__":
    unittest.main()
