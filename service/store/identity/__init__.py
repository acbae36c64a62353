"""Accounts, what they were granted, their secrets, sessions and keys."""
