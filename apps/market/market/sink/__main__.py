"""`python3 -m market.sink`."""

from confluent_kafka import Consumer

from market.core import environment, logs, metrics_server
from market.core.client import open_client
from market.core.kafka import Reporter
from market.core.lifecycle import Stop
from market.sink import metrics
from market.sink import settings as sink_settings
from market.sink.cluster import Cluster
from market.sink.health import Health
from market.sink.sink import Sink
from market.sink.store import Store

log = logs.Log("market.sink")


def main() -> int:
    settings = environment.load_or_stop("market.sink", sink_settings.read)
    logs.configure(settings.log_level)
    stop = Stop().listen()
    reporter = Reporter(on_fatal=stop.set)
    consumer = open_client("market.sink", Consumer, settings.kafka, reporter)
    health = Health(settings.stall_seconds)
    metrics.HEALTHY.set_function(lambda: float(health.check()[0]))
    metrics_server.serve(settings.metrics_port, health.check)
    store = Store(settings.database)
    cluster = Cluster(settings.kafka, consumer, reporter)
    log.info(
        "started",
        database=repr(settings.database),
        group=settings.kafka["group.id"],
        brokers=settings.kafka["bootstrap.servers"],
    )
    try:
        Sink(consumer, cluster, store, health, settings.batch_messages, settings.batch_seconds).run(stop)
    finally:
        # leaving the group at once spares the others the session's timeout
        consumer.close()
        store.close()
    if reporter.fatal:
        log.error("the kafka client cannot go on", detail=reporter.fatal)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
