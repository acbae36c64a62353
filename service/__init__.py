"""What is true of every lot, and the API that tells it."""
