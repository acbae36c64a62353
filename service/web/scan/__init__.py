"""The answer at the chair: pages that a scanned code leads to."""
