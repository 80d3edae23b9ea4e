import os
import tempfile
import unittest
from pathlib import Path

from market.api import options as api
from market.core.environment import KNOWN, ConfigurationError, load
from market.feed import settings as feed
from market.sink import settings as sink


class Files(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name: str, content: str) -> str:
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def problems(self, read, values: dict[str, str]) -> list[str]:
        with self.assertRaises(ConfigurationError) as raised:
            load(read, values)
        return [str(problem) for problem in raised.exception.problems]

    def sink_values(self, **changes: str) -> dict[str, str]:
        return {
            "KAFKA_BOOTSTRAP_SERVERS": "kafka-0:29092,kafka-1:29092",
            "DATABASE_HOST": "timescaledb",
            "DATABASE_NAME": "crypto",
            "DATABASE_USER": "market_sink",
            "DATABASE_PASSWORD_FILE": self.file("password", "s3cret-word\n"),
            **changes,
        }

    def api_values(self, **changes: str) -> dict[str, str]:
        values = self.sink_values()
        del values["KAFKA_BOOTSTRAP_SERVERS"]
        return {
            **values,
            "REDIS_HOST": "redis",
            "REDIS_USER": "app",
            "REDIS_PASSWORD_FILE": self.file("redis", "r3dis-word"),
            "DJANGO_SECRET_KEY_FILE": self.file("key", "k" * 50),
            "DJANGO_ALLOWED_HOSTS": "localhost,viz.example",
            **changes,
        }


class Accepted(Files):
    def test_the_defaults_of_the_sink(self) -> None:
        settings = load(sink.read, self.sink_values())
        self.assertEqual(settings.batch_messages, 500)
        self.assertEqual(settings.database.port, 5432)
        self.assertEqual(settings.database.password, "s3cret-word")
        self.assertEqual(settings.kafka["bootstrap.servers"], "kafka-0:29092,kafka-1:29092")
        self.assertIs(settings.kafka["enable.auto.commit"], False)
        self.assertEqual(settings.kafka["auto.offset.reset"], "error")

    def test_what_belongs_to_another_process_is_left_alone(self) -> None:
        self.assertEqual(load(sink.read, self.sink_values(FEED_RATE_TICKER="5", HOME="/")).metrics_port, 9401)

    def test_a_blank_setting_is_one_that_is_not_set(self) -> None:
        self.assertEqual(load(sink.read, self.sink_values(METRICS_PORT=" ")).metrics_port, 9401)

    def test_the_operators_client_settings(self) -> None:
        path = self.file(
            "client.json", '{"linger.ms": 5, "acks": "all", "request.required.acks": -1, "enable.idempotence": "true"}'
        )
        settings = load(feed.read, {"KAFKA_BOOTSTRAP_SERVERS": "kafka:29092", "KAFKA_CLIENT_CONFIG": path})
        self.assertEqual(settings.kafka["linger.ms"], 5)
        self.assertEqual(settings.kafka["acks"], "all")
        self.assertNotIn("request.required.acks", settings.kafka)

    def test_secrets_are_in_no_representation(self) -> None:
        shown = repr(load(api.read, self.api_values())) + repr(load(sink.read, self.sink_values()))
        for secret in ("s3cret-word", "r3dis-word", "k" * 50):
            self.assertNotIn(secret, shown)


class Refused(Files):
    def test_all_that_is_missing_at_once(self) -> None:
        found = self.problems(sink.read, {})
        for name in (
            "KAFKA_BOOTSTRAP_SERVERS",
            "DATABASE_HOST",
            "DATABASE_NAME",
            "DATABASE_USER",
            "DATABASE_PASSWORD_FILE",
        ):
            self.assertTrue(any(text.startswith(f"{name} is missing") for text in found), name)

    def test_an_unknown_setting_with_what_may_be_meant(self) -> None:
        self.assertEqual(
            self.problems(sink.read, self.sink_values(DATABASE_PASWORD_FILE="/x")),
            [
                "DATABASE_PASWORD_FILE is not a setting of this application. Remove it, or write DATABASE_PASSWORD_FILE if that is meant."
            ],
        )

    def test_numbers_out_of_bounds(self) -> None:
        found = self.problems(
            sink.read, self.sink_values(METRICS_PORT="70000", SINK_BATCH_SECONDS="nan", SINK_BATCH_MESSAGES="1e3")
        )
        self.assertEqual(
            found,
            [
                'METRICS_PORT (is "70000") must be a whole number from 1 to 65535. Change it.',
                'SINK_BATCH_MESSAGES (is "1e3") must be a whole number from 1 to 10000. Change it.',
                'SINK_BATCH_SECONDS (is "nan") must be a number from 0.05 to 30. Change it.',
            ],
        )

    def test_a_secret_that_cannot_be_read(self) -> None:
        found = self.problems(sink.read, self.sink_values(DATABASE_PASSWORD_FILE=os.path.join(self.folder, "none")))
        self.assertIn("cannot be read: No such file or directory", found[0])

    def test_a_short_secret_without_showing_it(self) -> None:
        found = self.problems(api.read, self.api_values(DJANGO_SECRET_KEY_FILE=self.file("short", "hunter2")))
        self.assertIn("holds 7 characters, needs 32 at least", found[0])
        self.assertNotIn("hunter2", found[0])

    def test_every_host_is_none(self) -> None:
        self.assertIn("must not be *", self.problems(api.read, self.api_values(DJANGO_ALLOWED_HOSTS="*"))[0])

    def test_an_origin_with_a_path(self) -> None:
        self.assertIn(
            "DJANGO_CORS_ORIGINS",
            self.problems(api.read, self.api_values(DJANGO_CORS_ORIGINS="https://a.example/x"))[0],
        )

    def test_client_settings_that_break_the_promise(self) -> None:
        content = '{"acks": 1, "bootstrap.servers": "x:1", "transactional.id": "t", "enable.idempotence": false}'
        found = self.problems(
            feed.read,
            {"KAFKA_BOOTSTRAP_SERVERS": "kafka:29092", "KAFKA_CLIENT_CONFIG": self.file("client.json", content)},
        )
        self.assertEqual(
            [text.split(" ")[1] for text in found],
            ["acks", "bootstrap.servers", "enable.idempotence", "transactional.id"],
        )

    def test_the_sinks_offsets_are_not_kafkas_business(self) -> None:
        path = self.file(
            "client.json", '{"auto.commit.enable": true, "auto.offset.reset": "latest", "group.protocol": "consumer"}'
        )
        found = self.problems(sink.read, self.sink_values(KAFKA_CLIENT_CONFIG=path))
        self.assertEqual(len(found), 3, found)

    def test_client_settings_that_are_no_object(self) -> None:
        for content in ("[1]", "{", '{"a": null}'):
            path = self.file("client.json", content)
            found = self.problems(feed.read, {"KAFKA_BOOTSTRAP_SERVERS": "kafka:29092", "KAFKA_CLIENT_CONFIG": path})
            self.assertTrue(found[0].startswith("KAFKA_CLIENT_CONFIG"), found)

    def test_symbols_twice(self) -> None:
        found = self.problems(feed.read, {"KAFKA_BOOTSTRAP_SERVERS": "kafka:29092", "FEED_SYMBOLS": "BTC-USD,BTC-USD"})
        self.assertIn("once", found[0])

    def test_more_messages_of_a_symbol_than_there_are_numbers(self) -> None:
        values = {"KAFKA_BOOTSTRAP_SERVERS": "kafka:29092", "FEED_SYMBOLS": "A,B", "FEED_RATE_TRADE": "1801"}
        self.assertIn("more than 900 a second for each of 2 symbols", self.problems(feed.read, values)[0])
        self.assertEqual(load(feed.read, {**values, "FEED_RATE_TRADE": "1800"}).rates["rawtrade"], 1800)


class Documented(unittest.TestCase):
    def test_every_setting_is_in_the_readme(self) -> None:
        text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
        missing = [name for name in sorted(KNOWN) if f"`{name}`" not in text]
        self.assertEqual(missing, ["DJANGO_SETTINGS_MODULE"])
