"""What the three processes share."""
