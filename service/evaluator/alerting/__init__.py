"""What the rules find, and what becomes of alerts by it."""
