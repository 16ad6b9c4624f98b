"""Questions to named roles about one digest, and the signed answers.

Verbs (called inside another verb's transaction): `ask`, `answer`, `void`. Invariants: one answer per person and question;
the proposer never answers a question about a human change; an answer names the digest it saw and is signed over it; answers
are append-only. Kinds of subjects register a handler, so that the inbox can show what it does not know.
"""
