"""Asks the agents as a request would, under a constitution that is not in force, and changes nothing.

Promise: the same router, rulebook and connectors as live, in dream mode; no call whose tool may write, but of agents that say
that they simulate. `stage.staged` makes laws ready, `running.rehearse` asks one request on one of them. Invariant: nothing is
written."""
