"""Routes of readings as they are drawn."""
