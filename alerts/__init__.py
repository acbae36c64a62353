"""The door out: whom to tell of an alert, when, and how."""
