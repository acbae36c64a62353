"""What tells open pages, and other programs, that something has changed."""
