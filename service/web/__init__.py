"""The pages people read, on the same queries as the API."""
