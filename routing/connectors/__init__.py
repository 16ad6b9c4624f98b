"""How TARS speaks with an agent: one call in, one reply out, whatever the wire.

Promise: a `Transport` takes a `Call` and gives a `Reply`, or raises one of the named errors of `contract.py`, never later than
the call's deadline. Transports: `http_agent` (the signed envelope of docs/agents.md), `n8n` (a webhook), `mcp_agent` (a Model
Context Protocol server over stdio or streamable HTTP) and `callable_agent` (a Python function of this process).

Invariants: nothing here decides whether a call may happen, and nothing here is stored. An answer is never read beyond its
cap. An agent that says it failed (`is_error`, isError) is a `Reply`; an agent that could not be understood is an error.
"""
