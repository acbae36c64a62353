"""Codes that are scanned."""
