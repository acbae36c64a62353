"""One probe's readings: which count, when they crossed a limit, and what they foretell."""
