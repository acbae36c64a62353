"""Virtual loggers."""
