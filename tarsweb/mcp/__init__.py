"""TARS as a Model Context Protocol server: a door to the REST API for agents (docs/mcp.md).

It holds no database and no rule: each tool is one request to the API under the caller's own token.
"""
