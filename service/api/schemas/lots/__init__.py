"""What the routes of lots take and give."""
