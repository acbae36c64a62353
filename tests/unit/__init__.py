"""Examples and tables: one small fact each."""
