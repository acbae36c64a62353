"""Pages of shipments: what is under way, what is sent, what arrives."""
