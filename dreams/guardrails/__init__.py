"""Every applied amendment is watched for a while, and undone where it does harm (docs/guardrails.md).

Promise: what is watched for, and what then happens, is written before the first observation (`guardrails.watch` on the ledger);
looking as often as one likes does not raise the share of false alarms (`wealth`); TARS undoes only what can be undone, what a
person left it to undo, and what undoing does not expand; everything else becomes an urgent question to people.
Verbs: `watching.begin`, `looking.look`, `answering.keep`, `extend`, `pause`, `resume`, `settings.change`.
"""
