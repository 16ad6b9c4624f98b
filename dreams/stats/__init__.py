"""The statistics of a night: pure functions of numbers, each formula with its source. Pure.

`scipy` is imported inside the functions that need it: its import costs a second that no web worker pays. `docs/dreams.md` says
which of them decide and which only describe.
"""
