"""Readings, and what is kept of them."""
