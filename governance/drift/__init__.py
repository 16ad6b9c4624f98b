"""Whether a system behaves as it did when it was approved (seeds/002 section 3), and what follows where it does not.

`observing.observe` reads what higher slices registered as sources, feeds the metrics (`gauge`, `detect`) and steps the machine
(`machine`, pure, the table of the source). Verbs of people: `set_state` (stricter only), `acknowledge`, `validate`, `override`,
`rearm`, `reset_baseline`. Every move is a ledger entry with its evidence; NORMAL is reached by the table's edges alone.
"""
