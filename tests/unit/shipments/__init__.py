"""Shipments: what is under way, and what arrives."""
