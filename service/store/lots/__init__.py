"""Lots, where they were, and what was judged of them."""
