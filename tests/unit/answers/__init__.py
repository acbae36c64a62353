"""What follows for a lot."""
