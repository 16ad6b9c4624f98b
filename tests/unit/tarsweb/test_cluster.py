"""The embedded PostgreSQL starts on whatever it finds or says one sentence, opens nothing, and ends with its parent."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tarsweb.embedded import binaries
from tarsweb.embedded.account import cluster_root, make_root
from tarsweb.embedded.cluster import Cluster
from tarsweb.embedded.errors import LaunchError
from tarsweb.embedded.processes import wait_until
from tarsweb.home import Home, HomeError, database_url
from tests.unit.tarsweb.unprivileged import run_as_nobody

QUICK = {"shared_buffers": "16MB", "max_connections": "20", "fsync": "off"}
IS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root, to be somebody else")


@pytest.fixture
def private() -> Iterator[Path]:
    """A 0700 folder of ours, outside pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="tars-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(private: Path) -> Iterator[Home]:
    made = Home(private / "home")
    made.ensure()
    yield made
    Cluster(cluster_root(made.path), super_password="").destroy()


@pytest.fixture
def start(home: Home) -> Iterator[Callable[[], Cluster]]:
    """Starts the home's cluster, bootstrapped, and stops it in the end."""
    started: list[Cluster] = []

    def begin() -> Cluster:
        cluster = Cluster.of(home, settings=QUICK)
        started.append(cluster)
        start_whole(home, cluster)
        return cluster

    yield begin
    for cluster in started:
        cluster.stop()


def start_whole(home: Home, cluster: Cluster) -> None:
    secrets = home.secrets()
    cluster.start()
    cluster.bootstrap(owner_password=secrets["TARS_DB_OWNER_PASSWORD"], app_password=secrets["TARS_DB_APP_PASSWORD"])
    home.update_state(pg_port=cluster.port)


def ask(home: Home, query: str, *, role: str = "super") -> list[tuple[object, ...]]:
    with psycopg.connect(database_url(role=role, home=home), connect_timeout=5) as connection:  # type: ignore[arg-type]
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def modes_up_to_root(path: Path) -> dict[str, int]:
    return {str(folder): stat.S_IMODE(folder.stat().st_mode) for folder in path.parents}


def kill_postmaster(cluster: Cluster) -> None:
    server = psutil.Process(cluster.pid)
    server.kill()
    cluster._server.wait()  # type: ignore[union-attr]


def test_start__fresh_under_a_0700_parent__answers_and_changes_no_parents_mode(
    home: Home, start: Callable[[], Cluster]
) -> None:
    before = modes_up_to_root(home.path / "x") | modes_up_to_root(binaries.wheel_install() / "bin")
    start()
    assert ask(home, "SELECT current_setting('server_version_num')::int / 10000") == [(18,)]
    assert modes_up_to_root(home.path / "x") | modes_up_to_root(binaries.wheel_install() / "bin") == before


def test_start__fresh__every_road_needs_a_password(home: Home, start: Callable[[], Cluster]) -> None:
    cluster = start()
    rules = [
        line.split()
        for line in (cluster.data / "pg_hba.conf").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    assert {rule[-1] for rule in rules} == {"scram-sha-256"}
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(host="127.0.0.1", port=cluster.port, user="postgres", dbname="postgres")
    assert not list(cluster.root.rglob("*password*"))
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700


def test_start__fresh__listens_on_loopback_only_with_checksums_utc_and_utf8(
    home: Home, start: Callable[[], Cluster]
) -> None:
    start()
    settings = ["listen_addresses", "unix_socket_directories", "data_checksums", "TimeZone", "server_encoding"]
    values = ask(home, f"SELECT {', '.join(f'current_setting({name!r})' for name in settings)}")
    assert values == [("127.0.0.1", "", "on", "UTC", "UTF8")]


@needs_root
def test_start__as_root__the_servers_uid_is_nobody_elses(start: Callable[[], Cluster]) -> None:
    cluster = start()
    server = psutil.Process(cluster.pid)
    assert server.uids().real == cluster.data.stat().st_uid >= 1000
    assert os.getpgid(server.pid) != os.getpgid(0)
    assert not (set(Path(f"/proc/{server.pid}/status").read_text().split("Groups:")[1].split("\n")[0].split()) & {"0"})


def test_bootstrap__twice__roles_hold_what_they_may_and_no_more(home: Home, start: Callable[[], Cluster]) -> None:
    cluster = start()
    secrets = home.secrets()
    cluster.bootstrap(owner_password=secrets["TARS_DB_OWNER_PASSWORD"], app_password=secrets["TARS_DB_APP_PASSWORD"])
    rights = "rolsuper, rolbypassrls, rolcreatedb, rolcreaterole"
    roles = f"SELECT rolname, {rights} FROM pg_roles WHERE rolname ~ '^tars' ORDER BY 1"
    assert ask(home, roles) == [("tars_app", False, False, False, False), ("tars_owner", False, False, True, False)]
    assert ask(home, "SELECT pg_has_role('tars_owner', 'tars_app', 'SET')") == [(True,)]
    assert ask(home, "SELECT '[1,2]'::vector <-> '[1,2]'", role="app") == [(0.0,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(home, "CREATE TABLE t ()", role="app")


def test_bootstrap__owner_makes_a_database__vector_is_in_it(home: Home, start: Callable[[], Cluster]) -> None:
    start()
    with psycopg.connect(database_url(role="owner", home=home), autocommit=True) as owner:
        owner.execute("CREATE DATABASE another")
    with psycopg.connect(database_url(role="owner", home=home, database="another")) as owner:
        assert owner.execute("SELECT '[1]'::vector::text").fetchone() == ("[1]",)


def test_start__postmaster_was_killed__committed_rows_are_there(home: Home, start: Callable[[], Cluster]) -> None:
    cluster = start()
    with psycopg.connect(database_url(role="owner", home=home)) as owner:
        owner.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    kill_postmaster(cluster)
    assert not cluster.is_running()
    assert (cluster.data / "postmaster.pid").exists()
    cluster.stop()
    start()
    assert ask(home, "SELECT count(*) FROM kept", role="owner") == [(1000,)]


def test_start__pid_file_names_a_living_stranger__starts_and_leaves_the_stranger_alone(
    home: Home, start: Callable[[], Cluster]
) -> None:
    cluster = start()
    pid_file = (cluster.data / "postmaster.pid").read_text().splitlines()
    owner = cluster.data.stat()
    cluster.stop()
    who = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if IS_ROOT else {}
    with subprocess.Popen(["sleep", "600"], **who) as stranger:  # type: ignore[call-overload]
        try:
            (cluster.data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *pid_file[1:]]))
            start()
            assert ask(home, "SELECT 1") == [(1,)]
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_start__pid_file_names_a_zombie__starts(home: Home, start: Callable[[], Cluster]) -> None:
    cluster = start()
    pid_file = (cluster.data / "postmaster.pid").read_text().splitlines()
    cluster.stop()
    zombie = subprocess.Popen(["true"])
    assert wait_until(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE, seconds=10)
    (cluster.data / "postmaster.pid").write_text("\n".join([str(zombie.pid), *pid_file[1:]]))
    start()
    assert ask(home, "SELECT 1") == [(1,)]
    zombie.wait()


def test_start__initdb_was_killed__starts_over_and_leaves_no_draft(home: Home, start: Callable[[], Cluster]) -> None:
    root = cluster_root(home.path)
    make_root(root)
    draft = root / "data.new.1"
    (draft / "data").mkdir(parents=True)
    (draft / "data" / "PG_VERSION").write_text("18\n")
    (draft / "password").write_text("left over")
    cluster = start()
    assert ask(home, "SELECT 1") == [(1,)]
    assert not list(cluster.root.glob("data.new*"))


def test_start__starter_was_killed__its_server_ends_and_the_next_start_recovers(
    home: Home, start: Callable[[], Cluster]
) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        cluster = Cluster.of(home, settings=QUICK)
        start_whole(home, cluster)
        os.write(writer, str(cluster.pid).encode())
        signal.pause()
    server = psutil.Process(int(os.read(reader, 20)))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    start()
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
    assert ask(home, "SELECT 1") == [(1,)]


def test_start__port_of_last_time_is_taken__takes_another(home: Home, start: Callable[[], Cluster]) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        home.update_state(pg_port=taken.getsockname()[1])
        assert start().port != taken.getsockname()[1]
        assert ask(home, "SELECT 1") == [(1,)]


def test_start__second_time__same_port_and_no_new_cluster(start: Callable[[], Cluster]) -> None:
    first = start()
    first.stop()
    second = start()
    assert (second.port, second.was_made) == (first.port, False)


def test_start__already_running__refused_in_one_sentence(home: Home, start: Callable[[], Cluster]) -> None:
    cluster = start()
    with pytest.raises(LaunchError, match="Another TARS is using"):
        Cluster.of(home, settings=QUICK).start()
    assert cluster.is_running()


def test_start__data_of_an_older_major__refused_in_one_sentence(home: Home, start: Callable[[], Cluster]) -> None:
    cluster = start()
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(LaunchError, match=r"of PostgreSQL 16; this TARS brings 18\. Dump it"):
        start()


def test_start__secrets_of_another_installation__refused_in_one_sentence(
    home: Home, start: Callable[[], Cluster]
) -> None:
    cluster = start()
    cluster.stop()
    home.secrets_path.unlink()
    home.ensure()
    with pytest.raises(LaunchError, match=r"secrets\.env does not fit"):
        start()


def test_start__log_directory_is_no_database__refused_and_kept(home: Home, start: Callable[[], Cluster]) -> None:
    root = cluster_root(home.path)
    make_root(root)
    (root / "data").mkdir()
    if IS_ROOT:
        os.chown(root / "data", 65534, 65534)
    (root / "data" / "letter").write_text("keep me")
    with pytest.raises(LaunchError, match="is no database"):
        start()
    assert (root / "data" / "letter").read_text() == "keep me"


@needs_root
def test_start__data_belongs_to_root__refused_in_one_sentence(start: Callable[[], Cluster]) -> None:
    cluster = start()
    cluster.stop()
    os.chown(cluster.data, 0, 0)
    with pytest.raises(LaunchError, match="belongs to root"):
        start()


def test_stop__leaves_no_process_and_may_be_repeated(start: Callable[[], Cluster]) -> None:
    cluster = start()
    family = [psutil.Process(cluster.pid), *psutil.Process(cluster.pid).children(recursive=True)]
    cluster.stop()
    cluster.stop()
    assert wait_until(lambda: not any(process.is_running() for process in family), seconds=10)
    assert not (cluster.data / "postmaster.pid").exists()


@needs_root
def test_start__not_root__all_data_stays_in_the_home(private: Path) -> None:
    os.chown(private, 65534, 65534)
    lazily_imported = (psycopg.connect, shutil.rmtree, Home, database_url)
    assert lazily_imported

    def life() -> str:
        home = Home(private / "home")
        home.ensure()
        cluster = Cluster.of(home, settings=QUICK)
        try:
            start_whole(home, cluster)
            inside = cluster.data.is_relative_to(home.path)
            return f"{ask(home, 'SELECT 41 + 1')[0][0]} inside={inside} uid={psutil.Process(cluster.pid).uids().real}"
        finally:
            cluster.destroy()

    assert run_as_nobody(life) == "42 inside=True uid=65534"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


@needs_root
def test_ensure__not_root_in_roots_folder__refused_in_one_sentence(private: Path) -> None:
    private.chmod(0o755)
    Home(private / "home").ensure()

    def trespass() -> str:
        try:
            Home(private / "home").ensure()
        except HomeError as refusal:
            return refusal.sentence
        return "let in"

    said = run_as_nobody(trespass)
    assert "belongs to root" in said
    assert "TARS_HOME" in said


@needs_root
def test_reachable_install__wheel_is_out_of_reach__a_copy_runs_as_anybody(
    private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private.chmod(0o755)
    monkeypatch.setattr(binaries, "is_reachable", lambda _path: False)
    install = binaries.reachable_install(copies=private)
    assert install.is_relative_to(private)
    assert binaries.reachable_install(copies=private) == install

    def version() -> str:
        return subprocess.run(
            [install / "bin" / "postgres", "--version"], capture_output=True, text=True
        ).stdout.strip()

    assert run_as_nobody(version).startswith("postgres (PostgreSQL) 18.")
    binaries.check_version(install)
