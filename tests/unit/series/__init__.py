"""Readings of one probe."""
