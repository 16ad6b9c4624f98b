"""`migrate` makes fewer classes anew than Django's, and every migration sees the same models."""

from __future__ import annotations

from typing import Any

from django.core.management import get_commands
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState, StateApps
from django.db.models import Model

from tarsweb.management.commands import migrate


def test_migrate__is_ours() -> None:
    assert get_commands()["migrate"] == "tarsweb"


def test_models__after_every_migration__are_those_that_are_made_at_once() -> None:
    """And code of a migration gets all of them made anew (`is_delayed`), with every relation to them."""
    loader = MigrationLoader(None)
    plan = [node for leaf in loader.graph.leaf_nodes() for node in loader.graph.forwards_plan(leaf)]
    state = ProjectState(real_apps=set(loader.unmigrated_apps))
    made = state.apps
    with migrate.quick():
        for node in dict.fromkeys(plan):
            loader.graph.nodes[node].mutate_state(state, preserve=False)
    kept = _seen(made)
    assert state.apps is made and state.is_delayed and len(kept) > 80
    assert kept == _seen(StateApps(list(state.real_apps), state.models))


def _seen(apps: StateApps) -> dict[str, Any]:
    return {model._meta.label: _shape(model) for model in apps.get_models(include_auto_created=True)}


def _shape(model: type[Model]) -> list[object]:
    meta = model._meta
    parts = (*meta.local_fields, *meta.local_many_to_many, *meta.indexes, *meta.constraints)
    # As text: a list's field is made anew whenever it is asked for, and equals none.
    return [meta.db_table, *meta.total_unique_constraints, *(str(part.deconstruct()) for part in parts)]
