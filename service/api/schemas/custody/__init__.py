"""Custody of lots, and handovers, as the API tells them."""
