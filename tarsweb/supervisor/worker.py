"""The task worker as a child: django-q2's cluster, with a mark per worker process that the supervisor can read.

HAZARD: a worker killed while it waits for a task dies holding the queue's lock, and its replacement waits for ever.
The marks tell that case (idle, gone without a goodbye) from a worker that was recycled or killed at work.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from multiprocessing.util import Finalize
from pathlib import Path
from types import FrameType
from typing import Any, Literal

Doing = Literal["idle", "busy"]
RETRY_FILE = "retry"


def marks_dir(home: Path) -> Path:
    """Where the marks lie: one file per worker process, named by its pid."""
    return home / "worker"


class Marks:
    """Writes this process's mark. Connected to django-q2's signals before the workers are forked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def spawned(self, **_: Any) -> None:
        """A worker process begins: mark it idle, and take the mark away when it ends as it should."""
        self._write("idle")
        Finalize(self, self._remove, exitpriority=10)
        signal.signal(signal.SIGTERM, self._leave)

    def begins(self, **_: Any) -> None:
        """A task begins."""
        self._write("busy")

    def ends(self, **_: Any) -> None:
        """A task has ended, well or not."""
        self._write("idle")

    def _leave(self, _signal: int, _frame: FrameType | None) -> None:
        self._remove()
        os._exit(128 + signal.SIGTERM)

    def _write(self, doing: Doing) -> None:
        draft = self.folder / f".{os.getpid()}"
        with contextlib.suppress(OSError):  # a full disk must not keep the task from running
            draft.write_text(json.dumps({"doing": doing, "since": time.time()}))
            draft.replace(self.folder / str(os.getpid()))

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            (self.folder / str(os.getpid())).unlink(missing_ok=True)


def main() -> int:
    """Run the cluster until SIGTERM; a running task is finished first."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections
    from django.utils import timezone
    from django_q import signals

    from governance.tenancy import refuse_privileged_role
    from routing.embeddings.checks import refuse_useless_embedder
    from routing.lifecycle.stores import warn_of_archives
    from tarsweb import schedules

    refuse_privileged_role()
    refuse_useless_embedder()
    warn_of_archives()
    schedules.ensure(at=timezone.now())
    connections.close_all()
    marks = Marks(marks_dir(settings.HOME.path))
    marks.folder.mkdir(mode=0o700, exist_ok=True)
    (marks.folder / RETRY_FILE).write_text(str(settings.Q_CLUSTER["retry"]))
    signals.post_spawn.connect(marks.spawned, weak=False)
    signals.pre_execute.connect(marks.begins, weak=False)
    signals.post_execute_in_worker.connect(marks.ends, weak=False)
    call_command("qcluster")
    return 0


if __name__ == "__main__":
    sys.exit(main())
