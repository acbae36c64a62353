"""What came in: messages refused, and what ingest counted."""
