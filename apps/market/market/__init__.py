"""The market data application of crypto-viz: a feed, a sink and an API, one image."""

import os

# No second series per counter that says when it was made. Read when the library is first imported.
os.environ.setdefault("PROMETHEUS_DISABLE_CREATED_SERIES", "true")
