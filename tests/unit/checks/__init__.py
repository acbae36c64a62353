"""Morning checks, without a database."""
