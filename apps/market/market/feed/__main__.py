"""`python3 -m market.feed`."""

import time

from confluent_kafka import KafkaException, Producer

from market.core import environment, logs, metrics_server
from market.core.client import open_client
from market.core.kafka import Reporter
from market.core.lifecycle import Backoff, Stop
from market.core.topics import TOPICS
from market.feed import settings as feed_settings
from market.feed.feed import Feed
from market.feed.generator import Market
from market.feed.pace import Pace
from market.feed.sequences import Sequences, last_sequences
from market.feed.tail import tail

log = logs.Log("market.feed")


def main() -> int:
    settings = environment.load_or_stop("market.feed", feed_settings.read)
    logs.configure(settings.log_level)
    stop = Stop().listen()
    reporter = Reporter(on_fatal=stop.set)
    producer = open_client("market.feed", Producer, settings.kafka, reporter)

    feed: Feed | None = None

    def health() -> tuple[bool, dict[str, object]]:
        return feed.health() if feed else (False, {"state": "reading the last sequence numbers"})

    metrics_server.serve(settings.metrics_port, health)
    last = _last_sequences(settings, stop)
    if last is None:
        return 0
    log.info("started", symbols=settings.symbols, rates=settings.rates, continued=len(last), seed=settings.seed)
    sequences = Sequences(last, lambda: time.time_ns() // 1_000_000)
    feed = Feed(producer, Market(settings.symbols, settings.seed), sequences, Pace(settings.rates), settings.symbols)
    in_doubt = feed.run(stop)
    if reporter.fatal:
        log.error("the kafka client cannot go on", detail=reporter.fatal)
    return 1 if in_doubt or reporter.fatal else 0


def _last_sequences(settings: feed_settings.FeedSettings, stop: Stop) -> dict[tuple[str, str], int] | None:
    """Tries until the topics can be read; None when it is time to stop."""
    backoff = Backoff()
    while not stop.is_set():
        try:
            found = last_sequences(tail(settings.kafka, TOPICS, stop))
            return None if stop.is_set() else found
        except KafkaException as error:
            pause = backoff.next()
            log.warning(
                "topics cannot be read yet",
                detail=error.args[0].str(),
                attempt=backoff.attempts,
                seconds=round(pause, 1),
            )
            stop.wait(pause)
    return None


if __name__ == "__main__":
    raise SystemExit(main())
