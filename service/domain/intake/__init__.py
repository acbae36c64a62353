"""What becomes of messages that are refused, and whether ingest does its work."""
