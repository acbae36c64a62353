"""Lots in parts, containers in containers, and who answers for them."""
