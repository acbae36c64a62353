"""How long containers and lots were beyond limits."""
