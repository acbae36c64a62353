"""What follows for a lot from its exposure, and why."""
