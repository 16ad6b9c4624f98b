"""A real PostgreSQL 18 with pgvector inside TARS: the wheel's binaries under a launcher of our own.

Promise: `Cluster.start` gives a server that answers queries, or one sentence; it listens on loopback only, every road
in needs a password (SCRAM), no parent folder's mode is touched, and the server ends with the process that started it.
The wheel's own launcher is not used: it trusts everybody, takes stale pid files for servers and opens every parent
folder to all users.
"""
