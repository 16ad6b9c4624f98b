"""Filters of the admin's lists that choose one row among many: Django's autocomplete, and a plain text without scripts.

By name: the admin of every slice stands on this module, those below the registry and the people too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Field, QuerySet
from django.http import HttpRequest


class RowFilter(admin.ListFilter):
    """Rows that belong to a chosen row of another table.

    Its parameter holds that row's id, or a text that the other list's own search understands.
    """

    template = "admin/governance/row_filter.html"
    path: ClassVar[str]
    """The column of the list that is compared."""
    parameter_name: ClassVar[str]
    source: ClassVar[tuple[str, str]]
    """A model and its reference to the other table: which rows may be chosen is what `admin:autocomplete` says of it."""
    value_name: ClassVar[str] = "pk"
    """The column of the other table that `path` holds."""

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        # without scripts the list and the text are both sent: what is filled and comes last counts
        given = [value.strip() for value in params.pop(self.parameter_name, []) if value.strip()]
        self.wanted = given[-1] if given else ""
        self.site = model_admin.admin_site
        self.other = self.site.get_model_admin(self._reference().related_model)
        if self.wanted:
            self.used_parameters[self.parameter_name] = self.wanted

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter_name]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """What the template draws: the list, and the way back to all."""
        is_text = bool(self.wanted) and self._id() is None
        yield {
            "select": self._select(),
            "id": f"filter_{self.parameter_name}",
            "name": self.parameter_name,
            "text": self.wanted if is_text else "",
            "kept": [
                (name, value)
                for name, values in self.request.GET.lists()
                if name not in {self.parameter_name, "p", "e"}
                for value in values
            ],
            "all_url": changelist.get_query_string(remove=[self.parameter_name]) if self.wanted else "",
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if not self.wanted:
            return None
        rows = self.other.get_queryset(request)
        chosen = self._id()
        if chosen is None:
            rows, _ = self.other.get_search_results(request, rows, self.wanted)
        else:
            rows = rows.filter(pk=chosen)
        return queryset.filter(**{f"{self.path}__in": rows.order_by().values(self.value_name)})

    @classmethod
    def media(cls, site: Any) -> forms.Media:
        """The scripts and sheets of Django's own autocomplete, and the few lines that name its parts."""
        ours = ["admin/js/jquery.init.js", "admin/js/autocomplete.js", "js/admin_choose.js"]  # in this order
        return AutocompleteSelect(cls._reference(), site).media + forms.Media(js=ours)

    @classmethod
    def _reference(cls) -> Field[Any, Any]:
        model, name = cls.source
        return apps.get_model("governance", model)._meta.get_field(name)

    def _select(self) -> str:
        widget = AutocompleteSelect(self._reference(), self.site)
        field = forms.ModelChoiceField(self.other.get_queryset(self.request), required=False, widget=widget)
        name = f"filter_{self.parameter_name}"
        # the list opens inside the form: at the end of the body it would stand outside every landmark
        attrs = {"id": name, "data-dropdown-parent": f"#{name}_form"}
        return field.widget.render(self.parameter_name, self._id(), attrs=attrs)

    def _id(self) -> UUID | None:
        try:
            return UUID(self.wanted)
        except ValueError:
            return None


def by_system(path: str = "system") -> type[RowFilter]:
    """A filter by one system; `path` is the column with its id."""
    return _filter("system", path=path, source=("SystemVersion", "system"))


def by_person(path: str, *, title: str = "person") -> type[RowFilter]:
    """A filter by one person of the tenant, past members too; `path` is the column with the user's id."""
    return _filter(title, path=path, source=("Deputy", "membership"), value_name="user_id")


def _filter(title: str, **settings: Any) -> type[RowFilter]:
    return type("RowFilter", (RowFilter,), {"title": title, "parameter_name": title, **settings})
