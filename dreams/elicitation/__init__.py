"""Whether a system still answers as people expect: canonical scenarios, asked of the rules in force (seeds/002 3.3).

Promise: what is expected is written by people and stands on the ledger with every change; what is found is computed by the
worker from the law and the constitution in force, in circumstances that the scenario names and never in those of the day, and
kept whole under a digest; an agent is heard in dream mode alone. Only such a run leads out of RECOVERY (`evidence`).
Verbs: `actions.save`, `undo`, `start`. `running.handle` asks; `consistency` judges.
"""
