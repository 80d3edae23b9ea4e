"""Produces synthetic market data to the four topics."""
