"""Asks the agents as a request would, under a constitution that is not in force, and changes nothing.

Promise: the same router, rulebook and connectors as live, in dream mode. `reading` draws past requests, `stage.staged` makes laws
ready, `running.rehearse` asks one request under one of them. Invariants: everything is read in transactions that Postgres holds
to reading; an agent is called only with a tool that is approved as reading, or where its connector says that it simulates in
dreams; waits are counted, never slept.
"""
