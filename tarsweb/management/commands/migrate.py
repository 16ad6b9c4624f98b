"""Django's `migrate`, which takes a third of the time: what a new table or constraint does not touch is not made anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db.migrations.state import ModelState, ProjectState


class Command(migrate.Command):
    """The same options and the same tables.

    For every new table, index or constraint Django makes the classes of all related models anew. Nearly every table of
    ours is related to the tenant's, so that this means all models, two hundred times. `is_delayed` is Django's own mark
    of a state that is good for changes of tables: code of a migration (`RunPython`) gets all models made anew.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises what Django's own raises."""
        with quick():
            super().handle(*args, **options)


@contextmanager
def quick() -> Iterator[None]:
    """Django's state of the models at a migration, kept in fewer steps."""
    ours = {"add_model": add_model, "_append_option": append_option}
    djangos = {name: getattr(ProjectState, name) for name in ours}
    try:
        for name, method in ours.items():
            setattr(ProjectState, name, method)
        yield
    finally:
        for name, method in djangos.items():
            setattr(ProjectState, name, method)


def add_model(state: Any, model: ModelState) -> None:
    """Only the new model is made: what it points to learns of it from the registry, as when an app is loaded."""
    key = model.app_label, model.name_lower
    state.models[key] = model
    if state._relations is not None:
        state.resolve_model_relations(key)
    if "apps" in state.__dict__:
        state.is_delayed = True
        state.apps.render_multiple([model])


def append_option(state: Any, app_label: str, model_name: str, option_name: str, added: Any) -> None:
    """An index or a constraint is added to the class that there is: no relation changes with it."""
    model = state.models[app_label, model_name]
    model.options[option_name] = [*model.options[option_name], added]
    if "apps" in state.__dict__:
        state.is_delayed = True
        meta = state.apps.get_model(app_label, model_name)._meta
        setattr(meta, option_name, [*getattr(meta, option_name), added])
        vars(meta).pop("total_unique_constraints", None)
