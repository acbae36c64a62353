"""What comes in, and what is refused."""
