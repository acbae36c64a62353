"""Payloads and files."""
