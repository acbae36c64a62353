"""Scanned codes as the API tells of them."""
