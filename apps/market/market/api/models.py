"""Tables of others, read only: the schema's migrations make them, the sink fills them."""

from django.db import models


class Ticker(models.Model):
    """A row of the hypertable."""

    pk = models.CompositePrimaryKey("time", "symbol", "sequence")
    time = models.DateTimeField()
    symbol = models.TextField()
    sequence = models.BigIntegerField()
    price = models.FloatField()
    volume = models.FloatField()
    bid = models.FloatField(null=True)
    ask = models.FloatField(null=True)

    class Meta:
        managed = False
        db_table = "ticker_data"


class Candle(models.Model):
    """A row of the hourly aggregate."""

    pk = models.CompositePrimaryKey("bucket", "symbol")
    bucket = models.DateTimeField()
    symbol = models.TextField()
    open = models.FloatField()
    high = models.FloatField()
    low = models.FloatField()
    close = models.FloatField()
    volume = models.FloatField()

    class Meta:
        managed = False
        db_table = "ticker_ohlc_hourly"
