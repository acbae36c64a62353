"""What scanned codes stand for."""
