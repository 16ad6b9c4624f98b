"""The pages of a tenant's people."""
