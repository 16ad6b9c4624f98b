"""Pytest plugins that must run before any conftest."""
