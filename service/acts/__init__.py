"""What people do: one function an act, in one transaction."""
