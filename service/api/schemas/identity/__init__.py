"""Bodies of who acts: signatures and the trail."""
