"""Running a piece of a test as another user, without starting a Python (root's may be out of that user's reach)."""

from __future__ import annotations

import os
import pwd
import traceback
from collections.abc import Callable


def run_as_nobody(work: Callable[[], str]) -> str:
    """What `work` returns in a forked child that has given up root for good; a failure comes back as its traceback."""
    nobody = pwd.getpwnam("nobody")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        try:
            said = work()
        except BaseException:
            said = traceback.format_exc()
        os.write(writer, said.encode()[:60_000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        said = answer.read().decode()
    os.waitpid(child, 0)
    return said
