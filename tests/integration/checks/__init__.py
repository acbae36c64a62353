"""Morning checks: recorded, shown, printed and missed, over a real database."""
