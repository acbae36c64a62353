"""What may be recorded of lots."""
