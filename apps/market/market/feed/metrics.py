"""What the feed says about itself."""

from prometheus_client import Counter, Gauge

from market.core.topics import TOPICS

PRODUCED = Counter("market_feed_produced_messages", "Messages handed to the Kafka client.", ["topic"])
DELIVERED = Counter("market_feed_delivered_messages", "Messages that the brokers acknowledged.", ["topic"])
FAILED = Counter(
    "market_feed_failed_messages", "Messages that could not be delivered; their sequence numbers are gaps.", ["topic"]
)
QUEUE = Gauge("market_feed_queue_messages", "Messages in the Kafka client that wait for acknowledgement.")
REFUSED = Counter(
    "market_feed_refused_messages",
    "Messages that the Kafka client did not take; made again later, under the same number.",
    ["reason"],
)
LAST_DELIVERY = Gauge("market_feed_last_delivery_timestamp_seconds", "When the brokers last acknowledged a message.")

REFUSED.labels("queue full")
for _topic in TOPICS:
    # present from the first scrape on, or the first increase is not seen
    for _counter in (PRODUCED, DELIVERED, FAILED):
        _counter.labels(_topic)
