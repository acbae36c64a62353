"""The service itself, the on-call file, and the monitor outside: watched, so that silence is never taken for health."""
