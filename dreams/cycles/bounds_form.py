"""The form of bounds: one part for each tunable place, and one for a new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from dreams.cycles import bounding
from dreams.cycles.bounding import Bounds, Row, words_of
from dreams.cycles.forms import number_of
from governance import canonical
from governance.canonical import JSON
from governance.constitution import sense
from governance.constitution.values import is_pointer
from governance.errors import Invalid

NEW: Final = "new"
MOST_VALUES: Final = 50
WRITTEN: Final = ("written_by_model", "longest")


class PlaceForm(forms.Form):
    """Bounds of one place: a range, listed values, or both."""

    is_tunable = forms.BooleanField(label=_("A dream may move it"), required=False)
    pointer = forms.CharField(label=_("Place"), required=False, max_length=300)
    min = forms.CharField(label=_("From"), required=False)
    max = forms.CharField(label=_("To"), required=False)
    step = forms.CharField(label=_("In steps of"), required=False)
    values = forms.CharField(
        label=_("Listed values, one a line"),
        required=False,
        help_text=_("Texts are variants of a wording: a dream tries them as they stand here."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    written_by_model = forms.IntegerField(
        label=_("Variants that a model may write each night"),
        required=False,
        min_value=1,
        max_value=10,
        help_text=_("For a text: it leaves this installation each night, for the model that the operator set."),
    )
    longest = forms.IntegerField(
        label=_("Characters of such a variant at most"), required=False, min_value=1, max_value=4000
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, prefix: str, row: Row | None = None, document: dict[str, JSON]
    ) -> None:
        super().__init__(data, prefix=prefix, initial=_initial(row) if row else {"is_tunable": False})
        self.row, self.document = row, document
        if row is None:
            self.fields["pointer"].widget.attrs["list"] = "places"
            self.fields["is_tunable"].widget = forms.HiddenInput()
        else:
            self.fields["pointer"].widget = forms.HiddenInput()
        for name in ("min", "max", "step"):
            self.fields[name].widget.attrs["inputmode"] = "decimal"

    @property
    def place(self) -> str:
        return self.row.pointer if self.row else str(self.cleaned_data.get("pointer", "")).strip()

    def clean(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        if not self._is_wanted(said):
            return said
        self._check_place()
        said["bounds"] = {**self._range(said), **self._values(said), **self._written(said)}
        if not said["bounds"] and not self.errors:
            self.add_error("min", _("Give a range, or list values, or let a model write."))
        return said

    def bounds(self) -> Bounds | None:
        """What was typed; None where nothing is to be tunable."""
        return self.cleaned_data.get("bounds")

    def _is_wanted(self, said: Mapping[str, Any]) -> bool:
        return bool(said.get("is_tunable")) if self.row else bool(self.place)

    def _check_place(self) -> None:
        if not (is_pointer(self.place) and self.place):
            self.add_error("pointer", _("A place is a JSON pointer, such as /latency_target_ms."))
        elif why := bounding.protected_by(self.document, self.place):
            self.add_error("pointer" if self.row is None else None, why)
        elif self.row is None and self.place in sense.tunable(self.document):
            self.add_error("pointer", _("It is declared already: change it above."))

    def _range(self, said: Mapping[str, Any]) -> dict[str, JSON]:
        found: dict[str, JSON] = {}
        for name in ("min", "max", "step"):
            if str(said.get(name, "")).strip():
                try:
                    found[name] = number_of(said[name])
                except forms.ValidationError as error:
                    self.add_error(name, error)
        if ("min" in found) != ("max" in found):
            self.add_error("max" if "min" in found else "min", _("A range has both ends."))
        elif "step" in found and "min" not in found:
            self.add_error("step", _("Steps belong to a range."))
        return found

    def _values(self, said: Mapping[str, Any]) -> dict[str, JSON]:
        lines = [line.strip() for line in str(said.get("values", "")).splitlines() if line.strip()]
        if len(lines) > MOST_VALUES:
            self.add_error("values", _("At most 50 values."))
        today = self.row.today if self.row else sense.value_at(self.document, self.place) if self.place else ""
        return {"values": [line if isinstance(today, str) else _value(line) for line in lines]} if lines else {}

    def _written(self, said: Mapping[str, Any]) -> dict[str, JSON]:
        found: dict[str, JSON] = {name: said[name] for name in WRITTEN if said.get(name)}
        if "longest" in found and "written_by_model" not in found:
            self.add_error("longest", _("It limits what a model writes: say how many variants it may write."))
        if "written_by_model" in found and "min" in said and str(said["min"]).strip():
            self.add_error("written_by_model", _("A range is of numbers, and a model writes texts."))
        return found


class BoundsForm:
    """Every place's form, the reason, and what they say together."""

    def __init__(self, document: dict[str, JSON], data: Mapping[str, Any] | None = None) -> None:
        self.document, self.data = document, data
        self.places = [
            PlaceForm(data, prefix=f"p{number}", row=row, document=document)
            for number, row in enumerate(bounding.rows(document))
        ]
        self.new = PlaceForm(data, prefix=NEW, document=document)

    def is_valid(self) -> bool:
        valid = [one.is_valid() for one in (*self.places, self.new)]
        return all(valid)

    def wanted(self) -> dict[str, Bounds]:
        """Pointer → bounds, as they shall be."""
        said = {one.place: one.bounds() for one in (*self.places, self.new)}
        return {pointer: bounds for pointer, bounds in said.items() if bounds}


def _initial(row: Row) -> dict[str, Any]:
    found = {name: words_of(row.bounds[name]) for name in ("min", "max", "step", *WRITTEN) if name in row.bounds}
    values = "\n".join(words_of(value) for value in row.bounds.get("values", ()))
    return {**found, "values": values, "pointer": row.pointer, "is_tunable": True}


def _value(line: str) -> JSON:
    try:
        return canonical.loads(line)
    except Invalid:
        return line
