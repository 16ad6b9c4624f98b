"""What past days would have been under another threshold, other rules or another constitution: coverage first, then who would
have moved, and what that would have done.

Verbs: `start` (the replay is a job), `attach` (its result becomes evidence of an amendment). Invariants: stored vectors are
compared, only those of the model that the rules have now; nothing is embedded again, called, decided or changed; the same past
is asked under today's rules and under the changed ones, so that every difference comes of the change.
"""
