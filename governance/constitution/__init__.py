"""Constitutions as values: their shape, what changed between two, what that means, how to replay, undo and merge it.

Promise: every function here is pure (no Django, no clock, no randomness, no I/O beyond the package's two data files)
and never changes its input. Documents are expected to have passed `governance.canonical.loads` or `check_value`, which
bounds their depth; nothing here guards against deeper ones.

Verbs: `schema.check`, `diff.changes`, `diff.operations`, `diff.stored`, `diff.effect_of`, `patch.apply`,
`patch.invert`, `merge.merge`, `merge.undo`, `sentence.sentence`.

Invariants: `apply(operations(a, b), a)` is `b`; `changes(a, b)` is empty exactly when `a` and `b` have the same
canonical bytes; a merge never overwrites an overlapping change, it names it.
"""
