"""The house as DESIGN.md and the issue draw it: folders, imports, slices, sizes."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from tests.architecture.repository import APPS, ROOT, files, modules, name, own_texts, slices

MAX_LINES = 400
FOLDERS = {"tarsweb", "governance", "dreams", "routing", "billing", "templates", "static", "tests", "docs"}
TOP_FILES = {
    "manage.py",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "Makefile",
    "requirements.lock",
    "requirements-dev.lock",
}


def test_folders__are_exactly_those_of_the_issue() -> None:
    parts = [name(path).split("/") for path in files()]
    assert {part[0] for part in parts if len(part) > 1 and not part[0].startswith(".")} == FOLDERS
    assert {part[0] for part in parts if len(part) == 1 and not part[0].startswith(".")} == TOP_FILES


def test_readme_and_licence__are_there() -> None:
    readme, licence = (ROOT / "README.md").read_text(), (ROOT / "LICENSE").read_text()
    assert "make up" in readme and "make test" in readme
    assert "Apache License" in licence and "Version 2.0" in licence


def test_imports__keep_every_contract() -> None:
    """In a process of its own: the linter reconfigures logging, which would silence every logger of this one."""
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_contracts__name_every_slice_of_the_law() -> None:
    """A slice that the contract forgets would be free to import what it likes."""
    text = (ROOT / "pyproject.toml").read_text()
    for folder in slices("governance"):
        if folder.name != "migrations":
            assert f'"{folder.name}"' in text or f"governance.{folder.name}" in text, folder.name


@pytest.mark.parametrize("path", modules(of=(*APPS, "tests")), ids=name)
def test_module__is_short_enough_to_read(path: Path) -> None:
    if "/migrations/" not in name(path):
        assert len(path.read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize("app", APPS)
def test_slices__begin_with_their_promise(app: str) -> None:
    for folder in (ROOT / app, *slices(app)):
        holds = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        tree = ast.parse((folder / "__init__.py").read_text() if (folder / "__init__.py").exists() else "")
        if holds and folder.name not in {"migrations", "management", "templatetags", "tarsweb"}:
            assert ast.get_docstring(tree), folder


# -- models.py and admin.py of an app import every slice's, and nothing else


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        else:
            assert isinstance(node, ast.Assign | ast.Expr), f"{name(path)} holds imports and nothing else"
    return found


@pytest.mark.parametrize("app", APPS)
def test_models__of_every_slice_are_in_the_apps_list(app: str) -> None:
    of_slices = {
        f"{app}.{folder.name}.models.{model}" for folder in slices(app) for model in _models(folder / "models.py", app)
    }
    listed = ROOT / app / "models.py"
    assert (_imported(listed) if listed.exists() else set()) == of_slices, "a dropped line generates a table's deletion"


def _models(path: Path, app: str) -> set[str]:
    if not path.exists():
        return set()
    module = importlib.import_module(f"{app}.{path.parent.name}.models")
    return {
        key
        for key, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, models.Model)
        and not value._meta.abstract
        and value.__module__ == module.__name__
    }


@pytest.mark.parametrize("app", APPS)
def test_admin__of_every_slice_is_in_the_apps_list(app: str) -> None:
    of_slices = {f"{app}.{folder.name}.admin" for folder in slices(app) if (folder / "admin.py").exists()}
    listed = ROOT / app / "admin.py"
    assert (_imported(listed) if listed.exists() else set()) == of_slices


def test_tables__every_model_of_ours_is_listed() -> None:
    for app in APPS:
        listed = (
            {path.rsplit(".", 1)[1] for path in _imported(ROOT / app / "models.py")}
            if (ROOT / app / "models.py").exists()
            else set()
        )
        assert {model.__name__ for model in apps.get_app_config(app).get_models()} == listed


# -- migrations


def _deletions(path: Path) -> list[str]:
    return re.findall(r"DeleteModel\(\s*(?:name\s*=\s*)?['\"](\w+)['\"]", path.read_text())


def test_migrations__delete_no_table_without_a_decision_record() -> None:
    decisions = "\n".join(path.read_text() for path in (ROOT / "docs" / "decisions").glob("*.md"))
    for path in modules():
        if "/migrations/" in name(path):
            for model in _deletions(path):
                assert model in decisions, f"{name(path)} deletes {model}: write docs/decisions/ first"


def test_deletions__are_found_in_whatever_shape(tmp_path: Path) -> None:
    migration = tmp_path / "0009_x.py"
    migration.write_text("migrations.DeleteModel('Dream'), migrations.DeleteModel(\n    name=\"Payroll\",\n)")
    assert _deletions(migration) == ["Dream", "Payroll"]


# -- no signals, no loose ends


def test_domain_work__uses_no_signals() -> None:
    for path in modules():
        assert "django.db.models.signals" not in path.read_text(), name(path)


def test_governance__reads_the_clock_in_its_faces_only() -> None:
    doors = {
        "governance/web.py",
        "governance/identity/models.py",
        "governance/amendments/forms.py",
        "governance/amendments/tasks.py",
        "governance/approvals/tasks.py",
        "governance/drift/tasks.py",
        "governance/jobs/tasks.py",
        "governance/webhooks/tasks.py",
        "governance/files/tasks.py",
        "governance/rulebook/session_tasks.py",
        "governance/rulebook/tasks.py",
    }
    clocks = re.compile(r"timezone\.now\(|datetime\.now\(|datetime\.utcnow\(|time\.time\(|date\.today\(")
    found = {name(path) for path in modules(of=("governance",)) if clocks.search(path.read_text())}
    assert found <= doors


def test_texts__hold_no_loose_end() -> None:
    words = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
    assert [
        title for title, text in own_texts() if words.search(text) and not title.endswith((".jsonl", ".lock"))
    ] == []
