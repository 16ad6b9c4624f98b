"""The sequence of `tars up`, from the checks to the last process ended."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType

from tarsweb.embedded.processes import adopt_orphans, end_all, reap_orphans, wait_until
from tarsweb.home import Home
from tarsweb.supervisor import database, mcp, preparation, web
from tarsweb.supervisor.console import Console
from tarsweb.supervisor.errors import StartError
from tarsweb.supervisor.runner import BEAT_FILE
from tarsweb.supervisor.service import RUN_VARIABLE, Service, run_members
from tarsweb.supervisor.watch import DatabaseWatch, EndWatch, RunnerWatch, WebWatch, WorkerWatch
from tarsweb.supervisor.worker import marks_dir

_GRACE = 10.0
_FIRST_ANSWER_SECONDS = 60.0
_TICK = 0.25
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Options:
    """What the person chose: where to listen, and whether the demo is loaded on the first run."""

    host: str
    port: int
    demo: bool = True

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in web.LOOPBACK

    @property
    def address(self) -> str:
        """What to type into a browser."""
        return os.environ.get("TARS_PUBLIC_URL") or f"http://{web.reachable(self.host)}:{self.port}"


class Supervisor:
    """One run of TARS on one data folder."""

    def __init__(self, options: Options, *, home: Home, console: Console) -> None:
        self.options, self.home, self.console = options, home, console
        self._token = secrets.token_hex(16)
        self._logs = home.path / "log"
        self._must_hurry = False
        self._database: database.Database | None = None
        self._services: list[Service] = []
        self._watches: list[DatabaseWatch | WebWatch | WorkerWatch | RunnerWatch | EndWatch] = []

    def run(self) -> int:
        """Start everything, watch it until asked to stop, stop everything. Raises DomainError when it cannot start."""
        self._take_home()
        _on_signals(self._interrupt)
        adopt_orphans()
        try:
            self._start()
            self._watch()
        except KeyboardInterrupt:
            self.console.say("Stopping (once more Ctrl-C: at once)")
        finally:
            self._stop()
        self.console.say("Everything has stopped")
        return 0

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        _on_signals(self._hasten)
        raise KeyboardInterrupt

    def _hasten(self, _number: int, _frame: FrameType | None) -> None:
        self._must_hurry = True

    # -- starting

    def _take_home(self) -> None:
        self.console.say(f"Data folder {self.home.path}")
        self.home.ensure()
        if not self.home.lock.acquire():
            raise StartError(
                f"TARS is already running on {self.home.path}. Stop it with `tars stop`, or set "
                "TARS_HOME to a second folder."
            )

    def _start(self) -> None:
        self._end_leftovers()
        web.check_port(self.options.host, self.options.port)
        self._mcp_argv()
        self.home.update_state(
            pid=os.getpid(),
            run=self._token,
            host=self.options.host,
            web_port=self.options.port,
            url=self.options.address,
        )
        self._start_database()
        self._prepare()
        logins = self._load_demo()
        self._start_services()
        self._announce(logins)

    def _end_leftovers(self) -> None:
        token = self.home.state().get("run")
        left = run_members(token) if token else []
        if left:
            self.console.say(f"Ending {len(left)} processes that a killed run left behind")
            end_all(left, signals=((signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0)))

    def _start_database(self) -> None:
        self._database = database.choose(self.home)
        self.console.say(f"Starting {self._database.title}")
        self._database.start()
        if self._database.was_made():
            self.home.update_state(prepared=None, demo=None)

    def _prepare(self) -> None:
        assert self._database is not None
        wanted = preparation.fingerprint()
        if self._database.is_ours and self.home.state().get("prepared") == wanted:
            return
        self.console.say("Bringing tables and pages up to date")
        preparation.prepare(self._env(), log_path=self._logs / "prepare.log", can_migrate=self._database.can_migrate)
        self.home.update_state(prepared=wanted)

    def _load_demo(self) -> str:
        if not self.options.demo or self.home.state().get("demo"):
            return ""
        if not self.options.is_loopback:
            self.console.say("The demo is not loaded: its logins are for this machine only (--host 127.0.0.1)")
            return ""
        self.console.say("Loading the demo (the rest of it follows in the worker)")
        log_path = self._logs / "demo.log"
        code, printed = preparation.manage("demo", "--prepare", env=self._env(), log_path=log_path)
        if code:
            self.console.say(
                f"The demo could not be loaded: {preparation.last_line(log_path)} The whole log: {log_path}"
            )
            return ""
        self.home.update_state(demo="loaded")
        return printed.strip()

    def _start_services(self) -> None:
        assert self._database is not None
        self.console.say("Starting the web server, the task worker and the runner")
        options = self.options
        site = Service(
            "web server", web.argv(options.host, options.port), env=self._env(), log_path=self._logs / "web.log"
        )
        worker = Service(
            "task worker",
            [sys.executable, "-m", "tarsweb.supervisor.worker"],
            env=self._env(),
            log_path=self._logs / "worker.log",
        )
        runner = Service(
            "runner",
            [sys.executable, "-m", "tarsweb.supervisor.runner"],
            env=self._env(),
            log_path=self._logs / "runner.log",
        )
        self._services = [site, runner, worker]
        say = self.console.say
        tasks = WorkerWatch(worker, marks=marks_dir(self.home.path), database=self._database, say=say)
        site.start()
        tasks.start()
        runner.start()
        self._watches = [
            DatabaseWatch(self._database, restarted=lambda: tasks.restart(grace=0.0), say=say),
            WebWatch(site, host=options.host, port=options.port, database=self._database, say=say),
            tasks,
            RunnerWatch(runner, beat=self.home.path / BEAT_FILE, say=say),
        ]
        self._await_first_answer(site)
        self._start_mcp()

    def _mcp_argv(self) -> list[str]:
        """The command of the MCP server; empty when nobody asked for one. Raises StartError."""
        listen = mcp.chosen()
        return mcp.argv(listen, server=self.options.address, hosts=mcp.allowed()) if listen else []

    def _start_mcp(self) -> None:
        if not (command := self._mcp_argv()):
            return
        self.console.say(f"Starting the MCP server on {mcp.chosen()}")
        service = Service("MCP server", command, env=mcp.bare(self._env()), log_path=self._logs / "mcp.log")
        self._services.insert(0, service)
        service.start()
        self._watches.append(EndWatch(service, say=self.console.say))

    def _await_first_answer(self, site: Service) -> None:
        options = self.options
        # Asked once more, a busy machine may be too slow for it: an answer is an answer.
        has_come = wait_until(
            lambda: site.has_ended() or web.is_answering(options.host, options.port),
            seconds=_FIRST_ANSWER_SECONDS,
            every=0.1,
        )
        if site.has_ended() or not has_come:
            raise StartError(f"The web server did not start. The end of {site.log_path}:\n{site.last_words()}")

    def _announce(self, logins: str) -> None:
        self.console.say("Ready")
        self.console.show(f"\nTARS is at {self.options.address}\n")
        if not self.options.is_loopback and not os.environ.get("TARS_PUBLIC_URL"):
            self.console.show("Other machines are answered once TARS_PUBLIC_URL names the address they use.\n")
        if logins:
            self.console.show(f"{logins}\n\n`tars logins` shows these again.\n")
        self.console.show("Ctrl-C stops everything.")

    def _env(self) -> Mapping[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "tarsweb.settings"),
            "PYTHONUNBUFFERED": "1",
            "TARS_HOME": str(self.home.path),
            "TARS_HOST": self.options.host,
            "TARS_PORT": str(self.options.port),
            RUN_VARIABLE: self._token,
        }

    # -- running and stopping

    def _watch(self) -> None:
        while True:
            for watch in self._watches:
                watch.look()
            self._reap()
            time.sleep(_TICK)

    def _reap(self) -> None:
        waited_for = [service.pid for service in self._services if service.pid]
        reap_orphans(keep=[*waited_for, *(self._database.pids() if self._database else [])])

    def _stop(self) -> None:
        """MCP server, web, runner, worker, database, in this order; then whoever carries this run's token."""
        _on_signals(self._hasten)
        for service in self._services:
            self.console.say(f"Stopping the {service.name}")
            service.stop(grace=_GRACE, hurry=lambda: self._must_hurry)
        end_all(run_members(self._token), signals=((signal.SIGKILL, 5.0),))
        if self._database is not None:
            self.console.say("Stopping the database")
            self._database.stop()
        self._reap()
        self.home.update_state(pid=None, run=None)
        self.home.lock.release()


def _on_signals(handler: Callable[[int, FrameType | None], None]) -> None:
    """Install one handler for all ways to ask for the end; `nohup` keeps its meaning."""
    for number in _SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)
