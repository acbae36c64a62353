"""Hints of what has changed, from the database to whoever listens."""
