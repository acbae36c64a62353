"""What is sent and answered of morning checks."""
