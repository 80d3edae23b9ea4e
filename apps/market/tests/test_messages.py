import json
import unittest
from datetime import datetime, timezone
from typing import Any

from market.core import topics
from market.sink import derive
from market.sink.derive import Forecaster
from market.sink.messages import BadMessage, parse
from market.sink.rows import ALERT, ARTICLE, PREDICTION, SENTIMENT, TICKER, TRADE, rows_of

NOW = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


def ticker(**changes: Any) -> bytes:
    content = {
        "sequence": 5,
        "time": "2026-01-02T11:59:59.123456+00:00",
        "symbol": "BTC-USD",
        "price": 10,
        "volume": 1.5,
        "bid": 9.9,
        "ask": 10.1,
        "more": "is ignored",
        **changes,
    }
    return json.dumps({name: value for name, value in content.items() if value != "absent"}).encode()


class Parse(unittest.TestCase):
    def test_a_ticker(self) -> None:
        message = parse(topics.TICKER, ticker(), NOW)
        self.assertEqual(message.numbers, (10.0, 1.5, 9.9, 10.1))
        self.assertEqual(message.time, datetime(2026, 1, 2, 11, 59, 59, 123456, tzinfo=timezone.utc))

    def test_bad_ones_and_why(self) -> None:
        cases: dict[str, bytes | None] = {
            "has no value": None,
            "is no JSON": b"{",
            "is no JSON object": b"[]",
            "lacks price": ticker(price="absent"),
            "price is no number": ticker(price="10"),
            "bid is no number": ticker(bid=True),
            "ask is below 0 or not finite": ticker(ask=-1),
            "volume is too large": ticker().replace(b"1.5", b"1" * 400),
            "time is not ISO 8601": ticker(time="yesterday"),
            "time has no zone": ticker(time="2026-01-02T11:00:00"),
            "time is before 2009 or more than a day ahead": ticker(time="2026-01-03T12:00:01+00:00"),
            f"symbol does not match {topics.SYMBOL}": ticker(symbol="btc"),
            "sequence is no whole number from 0 to 2^63-1": ticker(sequence=1.0),
        }
        for why, value in cases.items():
            with self.subTest(why), self.assertRaises(BadMessage) as raised:
                parse(topics.TICKER, value, NOW)
            self.assertEqual(str(raised.exception), why)

    def test_more_bad_ones(self) -> None:
        values = [
            ticker(sequence=True),
            ticker(sequence=2**63),
            ticker(sequence=-1),
            ticker(time=5),
            ticker(time="1999-01-01T00:00:00Z"),
        ]
        values += [
            b"\xff\xfe",
            ticker().replace(b"1.5", b"NaN"),
            ticker().replace(b"1.5", b"1e999"),
            b"[" * 100_000,
            ticker(symbol="A" * 33),
        ]
        for value in values:
            with self.subTest(value[:80]), self.assertRaises(BadMessage):
                parse(topics.TICKER, value, NOW)

    def test_texts_that_no_database_takes(self) -> None:
        def article(title: str) -> bytes:
            return ticker(title=title, source="s", url="u")

        self.assertEqual(parse(topics.ARTICLE, article("Ä ✓ 𝄞"), NOW).texts, ("Ä ✓ 𝄞", "s", "u"))
        for title in ("", "a\0b", "\ud800", "x" * 4_001):
            with self.subTest(title[:10]), self.assertRaises(BadMessage):
                parse(topics.ARTICLE, article(title), NOW)


class Derive(unittest.TestCase):
    def test_sentiment(self) -> None:
        self.assertEqual(derive.sentiment("Strong rally lifts BTC-USD"), derive.Sentiment(1.0, 1.0))
        self.assertEqual(derive.sentiment("Fear grows as BTC-USD slumps").score, -1.0)
        self.assertEqual(derive.sentiment("BTC-USD trades sideways"), derive.Sentiment(0.0, 0.0))
        self.assertEqual(derive.sentiment("gains and losses").score, 0.0)

    def test_a_forecast_is_the_mean_of_a_full_window(self) -> None:
        forecaster = Forecaster()
        forecaster.begin("A", [1.0] * 18)
        self.assertIsNone(forecaster.add("A", 1.0))
        forecast = forecaster.add("A", 21.0)
        assert forecast
        self.assertEqual((forecast.value, forecast.confidence), (2.0, 0.0))
        forecaster.forget()
        self.assertFalse(forecaster.knows("A"))

    def test_calm_prices_are_forecast_with_confidence(self) -> None:
        forecaster = Forecaster()
        forecaster.begin("A", [100.0] * 40)
        self.assertEqual(forecaster.add("A", 100.0), derive.Forecast(100.0, 1.0))


class Rows(unittest.TestCase):
    def tables(self, topic: str, **changes: Any) -> list[Any]:
        forecaster = Forecaster()
        forecaster.begin("BTC-USD", [10.0] * 20)
        rows = rows_of(parse(topic, ticker(**changes), NOW), forecaster)
        for table, row in rows:
            self.assertEqual(len(row), len(table.columns))
            self.assertEqual((row[1], row[-1]), ("BTC-USD", 5))
        return [table for table, _ in rows]

    def test_each_topic_has_its_tables(self) -> None:
        self.assertEqual(self.tables(topics.TICKER), [TICKER, PREDICTION])
        self.assertEqual(self.tables(topics.TRADE, quantity=1, side="buy"), [TRADE])
        self.assertEqual(self.tables(topics.ARTICLE, title="t", source="s", url="u"), [ARTICLE, SENTIMENT])
        self.assertEqual(self.tables(topics.ALERT, kind="k", severity="info", message="m"), [ALERT])
