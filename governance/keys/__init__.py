"""Signing keys of actors.

Promise: every actor of a tenant has at most one current Ed25519 key; its private half is sealed by the installation's key
file, so a database dump alone cannot sign. A signature proves that TARS saw this actor act, not that the actor held a key.
Reads: `signer`, `unsealed`. Verb: `create`, called by the ledger, which records the key in the same transaction.
"""
