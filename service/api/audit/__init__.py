"""What people did, over HTTP."""
