"""What every page of the Django admin shares: one tenant, tenant admins only, no way around the verbs.

Governed rows are read, never edited. What may be mended goes through a verb, with a reason, and lands on the ledger.
There are no Django permissions and no superusers here: the scope's capability decides (`governance.scope`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from governance.admin_filters import RowFilter
from governance.canonical import loads_canonical
from governance.errors import DomainError
from governance.scope import Capability, Scope
from governance.web import reading, scope_of

MOST_ACTS = 50
"""Entries of the ledger that a row's history shows."""


def pretty(value: Any) -> SafeString:
    """A JSON value, or canonical bytes, for the eye."""
    if isinstance(value, bytes | memoryview):
        value = json.loads(bytes(value))
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


class TenantAdmin(admin.ModelAdmin):
    """Rows of the request's tenant, to look at."""

    tenant_field: ClassVar[str] = "tenant_id"
    hidden: ClassVar[tuple[str, ...]] = ("tenant",)
    """Columns that help nobody here: bytes, and what every row shares."""
    unread: ClassVar[tuple[str, ...]] = ()
    """Columns that no list and no page shows: bytes, long texts, what is secret. They are not even fetched."""
    show_full_result_count = False
    list_per_page = 50
    actions_on_bottom = False

    def in_app(self, obj: Any) -> str | None:
        """Where the product itself shows this row, if it does."""
        return None

    def ledger_subject(self, obj: Any) -> str:
        """Under which subject the ledger keeps what happened to this row."""
        return str(obj)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who, when and why: what the ledger says of it, and the saves in this admin."""
        obj = self.get_object(request, unquote(object_id))
        acts = [] if obj is None else list(_acts(scope_of(request), self.ledger_subject(obj)))
        return super().history_view(request, object_id, {**(extra_context or {}), "acts": acts})

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        return None if obj is None else self.in_app(obj)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """INVARIANT: also where row security would do it; the scope is demanded in code as well."""
        rows = super().get_queryset(request).filter(**{self.tenant_field: scope_of(request).tenant_id})
        return rows.defer(*self.unread) if self.unread else rows

    @property
    def media(self) -> forms.Media:
        chosen = [one for one in self.list_filter if isinstance(one, type) and issubclass(one, RowFilter)]
        return sum((one.media(self.admin_site) for one in chosen[:1]), super().media)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        scope: Scope | None = getattr(request, "scope", None)
        return bool(request.user.is_active and scope is not None and scope.can(Capability.FIX_DATA))

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if self.fields:
            return list(self.fields)
        skipped = (*self.hidden, *self.unread, self.model._meta.pk.name)
        return [
            field.name
            for field in self.model._meta.fields
            if field.name not in skipped and not isinstance(field, models.BinaryField)
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [name for name in self.get_fields(request, obj) if isinstance(name, str)]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A POST runs an action; it has no transaction of its own, and the list is drawn before this one is left."""
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        with reading(request):
            return _drawn(super().changelist_view(request, extra_context))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        with reading(request):
            return _drawn(super().changeform_view(request, object_id, form_url, extra_context))


def amendment_page(*, tenant_id: UUID, kind: str, subject_id: UUID) -> str | None:
    """Where the app shows what a question or a remark is about; `kind` is amendment or rollback."""
    # by name: see `_acts`
    rows = apps.get_model("governance", "AmendmentProposal")._default_manager.filter(tenant_id=tenant_id)
    found = rows.filter(id=subject_id) if kind == "amendment" else rows.filter(amendment__rollbacks__id=subject_id)
    number = found.values_list("number", flat=True).first()
    return None if number is None else reverse("amendments:detail", kwargs={"number": number})


class ReasonForm(forms.ModelForm):
    """A form whose save is a verb: it also asks why, and shows what the verb refused."""

    refusal: DomainError | None = None
    reason = forms.CharField(
        widget=AdminTextInputWidget,
        max_length=500,
        help_text="Stands on the ledger beside what was there before and what is there now.",
        error_messages={"required": "Say why this is mended: the reason stands on the ledger."},
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.refusal is not None:
            self.add_error(None, self.refusal.sentence)
        return values


class FixableAdmin(TenantAdmin):
    """Rows of which some fields may be mended, by `fix`, with a reason."""

    form = ReasonForm
    fixable: ClassVar[tuple[str, ...]] = ()
    formfield_overrides: ClassVar[Mapping[Any, Any]] = {models.TextField: {"widget": AdminTextInputWidget}}

    def fix(self, *, scope: Scope, obj: Any, values: dict[str, Any], reason: str) -> None:
        """Call the verb. It opens its own transaction; a `DomainError` is shown in the form."""
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [name for name in super().get_readonly_fields(request, obj) if name not in self.fixable]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        rest = self.get_readonly_fields(request, obj)
        governed = "Governed: a verb or an amendment changes these"
        return [(None, {"fields": [*self.fixable, "reason"]}), (governed, {"fields": rest})]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Read the form in one transaction, let the verb commit its own, draw the answer in a third.

        HAZARD: Django would run the whole POST in one, in which a verb refuses to run.
        """
        if request.method != "POST" or object_id is None or not self.has_change_permission(request):
            return super().changeform_view(request, object_id, form_url, extra_context)
        with reading(request):
            obj = self.get_object(request, unquote(object_id))
            form = None if obj is None else self.get_form(request, obj, change=True)(request.POST, instance=obj)
            if form is None or not form.is_valid():
                return self._drawn_again(request, object_id, form_url, extra_context)
        try:
            self.fix(scope=scope_of(request), obj=obj, values=self._values(form), reason=form.cleaned_data["reason"])
        except DomainError as refusal:
            with reading(request):
                return self._drawn_again(request, object_id, form_url, extra_context, refusal=refusal)
        with reading(request):
            return self._done(request, obj, form)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        made = super().get_form(request, obj, change=change, **kwargs)
        return type(made.__name__, (made,), {"refusal": getattr(request, "refusal", None)})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        raise AssertionError("a save in the admin is a verb; this road is closed")

    def _values(self, form: Any) -> dict[str, Any]:
        """What was changed; an emptied optional text is nothing, as it was."""
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in self.fixable}
        fields = self.model._meta
        return {name: None if value == "" and fields.get_field(name).null else value for name, value in values.items()}

    def _drawn_again(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str,
        extra_context: dict[str, Any] | None,
        *,
        refusal: DomainError | None = None,
    ) -> HttpResponse:
        request.refusal = refusal  # type: ignore[attr-defined]
        # The public method would open the transaction of a save; this one draws the form, and the form is not valid.
        draw = self._changeform_view  # type: ignore[attr-defined]
        response = _drawn(draw(request, object_id, form_url, extra_context or {}))
        if response.status_code == 200:
            response.status_code = refusal.status if refusal else 422
        return response

    def _done(self, request: HttpRequest, obj: Any, form: Any) -> HttpResponse:
        changed = [name for name in form.changed_data if name in self.fixable]
        if changed:
            words = ", ".join(name.replace("_", " ") for name in changed)
            self.log_change(request, obj, f"Changed {words}: {form.cleaned_data['reason']}")
            self.message_user(request, f"{obj}: {words} changed. It is on the ledger, with your reason.")
        else:
            self.message_user(request, f"{obj}: nothing was changed.")
        if "_continue" in request.POST:
            return HttpResponseRedirect(request.path)
        return self.response_post_save_change(request, obj)


def _acts(scope: Scope, subject: str) -> Iterator[dict[str, Any]]:
    """The last entries about a subject, newest first, with their sentences."""
    # by name: the admin of every slice stands on this module, those below the ledger too
    rows = (
        apps.get_model("governance", "LedgerEntry")
        ._default_manager.filter(tenant_id=scope.tenant_id, subject=subject)
        .order_by("-sequence")
    )
    for row in rows[:MOST_ACTS]:
        yield {"sequence": row.sequence, "at": row.at, "actor": row.actor_name, "said": _explanation(row)}


def _explanation(row: Any) -> str:
    try:
        openings = loads_canonical(bytes(row.openings))
        return str(openings["/constitutional_validation"][1]["explanation"])
    except (DomainError, KeyError, IndexError, TypeError):
        return "This entry cannot be read back; verify the ledger to see why."


def _drawn(response: HttpResponse) -> HttpResponse:
    """Render now, while the tenant's rows can be read."""
    render = getattr(response, "render", None)
    return render() if render is not None and not getattr(response, "is_rendered", True) else response
