"""Two small agents that really work, for the demo and the tests: Model Context Protocol servers with the official SDK.

Promise: offline, deterministic, honest about what they cannot do. They know nothing of TARS but what a call brings along, read
no setting but their own environment, and keep what they keep in a folder of their own.

    python -m routing.agents.payroll            over stdio
    python -m routing.agents.knowledge --http 8101   over streamable HTTP at http://127.0.0.1:8101/mcp
"""
