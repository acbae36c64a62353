"""The only place with SQL: one function, one query."""
