"""Lots and their answers."""
