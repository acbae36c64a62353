"""Who acts: signatures and the trail."""
