"""What is under way between sites, and what arrives."""
