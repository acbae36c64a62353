"""What the routes of series take and give."""
