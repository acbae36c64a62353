"""Who answers for lots: custody over time, and how it is handed over."""
