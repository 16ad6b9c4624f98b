"""The data folder: private, made once, refused when it is not ours."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tarsweb.home import FileLock, Home, HomeError, database_url, home_dir


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    made.ensure()
    yield made
    made.lock.release()


def test_home_dir__variable_set__names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TARS_HOME", str(tmp_path / "here"))
    assert home_dir() == tmp_path / "here"


def test_home_dir__variable_unset__is_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TARS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert home_dir().is_relative_to(tmp_path)
    assert home_dir().name == "tars"


def test_ensure__first_run__folder_and_secrets_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        fresh = Home(tmp_path / "home")
        fresh.ensure()
    finally:
        os.umask(before)
    assert mode(fresh.path) == 0o700
    assert mode(fresh.secrets_path) == 0o600


def test_ensure__first_run__every_secret_is_there_and_long(home: Home) -> None:
    secrets = home.secrets()
    assert set(secrets) == {
        "TARS_SECRET_KEY",
        "TARS_SEALING_KEYS",
        "TARS_DB_SUPER_PASSWORD",
        "TARS_DB_OWNER_PASSWORD",
        "TARS_DB_APP_PASSWORD",
    }
    assert len(secrets["TARS_SECRET_KEY"]) >= 50
    assert len(set(secrets.values())) == 5


def test_ensure__second_run__keeps_the_secrets(home: Home) -> None:
    first = home.secrets()
    home.ensure()
    assert home.secrets() == first


def test_ensure__leaves_no_draft_behind(home: Home) -> None:
    home.update_state(pg_port=1)
    assert not [path for path in home.path.iterdir() if path.name.startswith(".")]


def test_ensure__parent_is_0700__its_mode_is_kept(tmp_path: Path) -> None:
    parent = tmp_path / "parent"
    parent.mkdir(mode=0o700)
    Home(parent / "home").ensure()
    assert mode(parent) == 0o700


def test_ensure__a_file_is_in_the_way__says_so(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(HomeError, match="is a file, not a folder"):
        Home(tmp_path / "home").ensure()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_ensure__another_users_folder__refused_in_one_sentence(home: Home) -> None:
    os.chown(home.path, 65534, 65534)
    with pytest.raises(HomeError, match=r"belongs to .*65534.* and you are root .*TARS_HOME"):
        home.ensure()


def test_secrets__readable_by_others__refused_with_the_command_that_mends_it(home: Home) -> None:
    home.secrets_path.chmod(0o640)
    with pytest.raises(HomeError, match="chmod 600"):
        home.secrets()


def test_ensure__a_secret_is_missing__named(home: Home) -> None:
    kept = [line for line in home.secrets_path.read_text().splitlines() if not line.startswith("TARS_SEALING_KEYS")]
    home.secrets_path.write_text("\n".join(kept))
    with pytest.raises(HomeError, match="lacks TARS_SEALING_KEYS"):
        home.ensure()


def test_secrets__before_the_first_run__none_and_nothing_is_made(tmp_path: Path) -> None:
    absent = Home(tmp_path / "absent")
    assert absent.secrets() == {}
    assert absent.state() == {}
    assert not absent.path.exists()


def test_update_state__merges_and_forgets_none(home: Home) -> None:
    home.update_state(pg_port=5, run="token")
    home.update_state(run=None, web_port=8000)
    assert home.state() == {"pg_port": 5, "web_port": 8000}
    assert mode(home.state_path) == 0o600


def test_state__damaged_file__counts_as_empty(home: Home) -> None:
    home.state_path.write_text("{")
    assert home.state() == {}


def test_lock__held__a_second_holder_is_refused_until_it_is_released(home: Home) -> None:
    second = Home(home.path)
    assert home.lock.acquire()
    assert not second.lock.acquire()
    assert second.lock.is_held_elsewhere()
    home.lock.release()
    assert not second.lock.is_held_elsewhere()
    assert second.lock.acquire()
    second.lock.release()


def test_lock__holder_killed__is_free_again(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        FileLock(path).acquire()
        os.write(writer, b"x")
        os.read(reader, 0)
        os.kill(os.getpid(), 9)
    os.read(reader, 1)
    os.waitpid(child, 0)
    lock = FileLock(path)
    assert lock.acquire()
    lock.release()


def test_database_url__before_the_first_start__says_what_to_run(home: Home) -> None:
    with pytest.raises(HomeError, match="make up"):
        database_url(role="app", home=home)


def test_database_url__started__names_role_port_and_database(home: Home) -> None:
    home.update_state(pg_port=5999)
    password = home.secrets()["TARS_DB_OWNER_PASSWORD"]
    assert database_url(role="owner", home=home) == f"postgres://tars_owner:{password}@127.0.0.1:5999/tars"
