"""The audit trail: its lines, their seals, and what the tables say beside it."""
