"""Saved searches: a list page's query string under a name, for oneself or for the whole tenant.

Verbs: `save_search`, `change_search` (name, sharing, default), `remove_search`. Reads: `panel`, `mine`, `searches_of`,
`default_url`. Invariants: only known pages (`models.PAGES`); one default per person and page; what a page no longer
understands in a kept query it ignores, as it does in any address.
"""
