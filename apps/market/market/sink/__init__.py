"""Writes the four topics into the hypertables, each message exactly once."""
