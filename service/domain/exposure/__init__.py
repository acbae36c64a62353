"""How long containers and lots were beyond their limits, for certain and possibly."""
