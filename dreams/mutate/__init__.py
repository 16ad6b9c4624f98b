"""What a night tries: candidates within the bounds that a constitution declares. Pure, the same for the same seed.

`dials` what may move and where to · `candidate` one change with its origin and reason · `hints` from telemetry and from ratings ·
`search` an optimiser that learns from past dreams · `choosing` the list of a night. `optuna` is imported inside `search` alone.
"""
