"""The market data application of crypto-viz: a feed, a sink and an API, one image."""
