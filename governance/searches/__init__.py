"""Saved searches: a list page's query string under a name, for oneself or for the whole tenant.

Verbs: `save_search`, `remove_search`, `make_default`. Reads: `searches_of`.
"""
