"""What the routes of what comes in take and give."""
