"""TARS's way to its database: Django's PostgreSQL backend, and statements that go there together."""
