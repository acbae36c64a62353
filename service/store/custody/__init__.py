"""Custody of lots, and handovers."""
