"""Routes of lots."""
