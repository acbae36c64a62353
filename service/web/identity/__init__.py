"""Pages on which people log in, and look after their account; and those of admins, after all accounts."""
