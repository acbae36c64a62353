"""What may be registered and recorded of containers, loggers and probes."""
