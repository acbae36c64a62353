"""Alerts, who was told of them, and who is told differently."""
