"""Lots as people record them: what may be recorded of where they are."""
