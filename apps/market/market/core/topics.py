"""The four topics, and what a message of each has besides `sequence`, `time` and `symbol`."""

TICKER = "rawticker"
TRADE = "rawtrade"
ARTICLE = "rawarticle"
ALERT = "rawalert"
TOPICS = (TICKER, TRADE, ARTICLE, ALERT)

NUMBERS: dict[str, tuple[str, ...]] = {
    TICKER: ("price", "volume", "bid", "ask"),
    TRADE: ("price", "quantity"),
    ARTICLE: (),
    ALERT: (),
}
TEXTS: dict[str, tuple[str, ...]] = {
    TICKER: (),
    TRADE: ("side",),
    ARTICLE: ("title", "source", "url"),
    ALERT: ("kind", "severity", "message"),
}

#: A symbol as it may appear in messages, addresses and settings.
SYMBOL = r"[A-Z0-9][A-Z0-9.:-]{0,31}"
