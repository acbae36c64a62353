"""What the routes of alerts take and give."""
