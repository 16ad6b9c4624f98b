"""What is old is put away, and comes back whole: HOT → WARM → COLD → ARCHIVED → PRUNED (docs/lifecycle.md).

Promise: nothing leaves the database before the file that holds it was written, synced and read back by its digests; the database
checks the digests itself (`tars_archive`). Nothing is destroyed by the clock: pruning takes a person, their password, and no
legal hold. Verbs: `ageing.age`, `moving.archive`, `moving.restore`, `holds.place`, `holds.release`, `pruning.prune`,
`stones.prune`, `retention.change`.
"""
