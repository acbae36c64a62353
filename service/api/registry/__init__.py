"""Routes of what there is."""
