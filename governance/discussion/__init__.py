"""Talking about a subject before it is decided: comments on a JSON pointer, suggestions, "viewed" ticks, and who last saw what.

Verbs, each inside the transaction of the subject's own verb, which has gated it: `write`, `resolve`, `reopen`, `tick`, `untick`,
`look`. A subject is a kind and an id, as in `approvals`. Comments are not answers: they decide nothing.
"""
