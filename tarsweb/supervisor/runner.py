"""The runner as a child: works on requests beside the task cluster (decision 0013)."""

from __future__ import annotations

import os
import signal
import sys

BEAT_FILE = "runner"
"""Touched in the data folder whenever the runner's loop goes round."""


def main() -> int:
    """Run until SIGTERM; agents at work then have a few seconds."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connections

    from governance.tenancy import refuse_privileged_role
    from routing.embeddings.checks import refuse_useless_embedder
    from routing.executions.runner import Runner

    refuse_privileged_role()
    refuse_useless_embedder()
    connections.close_all()
    runner = Runner(threads=settings.RUNNERS, beat=settings.HOME.path / BEAT_FILE)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, runner.stop)
    runner.run()
    # Threads that still wait for an agent end with the process: their requests are found by their leases.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
