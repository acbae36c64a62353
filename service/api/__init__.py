"""HTTP: routes, schemas and problem+json errors."""
