"""Messages on their way to receivers."""
