"""Reproducible measurements against peers and limits; each prints ratios."""
