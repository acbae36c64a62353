"""Schemas of the audit trail."""
