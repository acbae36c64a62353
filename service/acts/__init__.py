"""What people do: one function an act, in one transaction in the name of who acts."""
