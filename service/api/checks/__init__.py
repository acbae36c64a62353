"""Morning checks, over HTTP."""
