"""Whom to tell of which alert now, and why."""
