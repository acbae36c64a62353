"""Who acts, what they may do, and what they sign."""
