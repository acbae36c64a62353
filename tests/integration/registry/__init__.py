"""What there is, and who recorded it."""
