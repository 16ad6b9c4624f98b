"""A second, slow reading of docs/policy.md, written from it and from nothing else. The engine is compared with it."""
