"""What the routes of what there is take and give."""
