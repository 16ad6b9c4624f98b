"""What the frame around every page shows: where I am, which tenant, who I am, what waits for me.

`shell` is a template context processor. It is lazy: a fragment that draws no frame asks the database nothing. It
answers for anonymous requests and for requests that never reached the middleware (error pages) as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext

from governance.estop.queries import Stop, in_force
from governance.notices.queries import unread_count
from governance.scope import Capability, Role, Scope
from governance.tenancy import active_tenant, in_tenant
from tarsweb.demo.people import sign_in_hint
from tarsweb.platform.visits import Visit


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the menu. `current` is "page" on that page, "true" below it, "" elsewhere; `key` follows `g`.

    `counts` names what `count` counts, for the fragment that keeps it fresh.
    """

    label: str
    url: str
    icon: str
    current: str = ""
    count: int = 0
    key: str = ""
    counts: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Tenant:
    id: UUID
    name: str
    roles: str = ""
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str
    roles: tuple[str, ...] = ()

    @property
    def initials(self) -> str:
        """One or two capitals for the round badge."""
        words = [word for word in self.name.split("@")[0].replace(".", " ").split() if word[:1].isalnum()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


@dataclass(frozen=True, slots=True)
class Counts:
    """What the frame keeps fresh: questions that wait for this person, notices they have not read, what is stopped."""

    waiting: int = 0
    unread: int = 0
    stops: tuple[Stop, ...] = ()


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame's whole context. `tenant` is None without a scope, `person` is None when nobody is signed in."""

    tenant: Tenant | None = None
    tenants: tuple[Tenant, ...] = ()
    person: Person | None = None
    sections: tuple[Section, ...] = ()
    waiting: int = 0
    unread: int = 0
    stops: tuple[Stop, ...] = ()
    visit: Visit | None = None

    @property
    def role_line(self) -> str:
        return ", ".join(self.person.roles) if self.person else ""


@dataclass(frozen=True, slots=True)
class _Entry:
    title: str
    label: str
    view: str
    icon: str
    key: str = ""
    needs: Capability | None = None
    is_waiting: bool = False
    is_apart: bool = False
    """Marked on its own page only: what else is in its namespace does not lie below it."""
    is_platform: bool = False


# An entry appears as soon as its URL name exists and the scope holds what it needs: a page that does not exist is not
# in the menu.
MENU = (
    _Entry("Decide", "Overview", "overview:home", "home", key="o"),
    _Entry("Decide", "Inbox", "inbox:list", "inbox", key="i", is_waiting=True, needs=Capability.READ_RECORD),
    _Entry("Decide", "Amendments", "amendments:list", "amendment", needs=Capability.READ_RECORD),
    _Entry("Decide", "Guardrails", "guardrails:list", "shield", needs=Capability.READ_RECORD),
    _Entry("Decide", "Dreams", "dreams:list", "moon", key="d", needs=Capability.READ_RECORD),
    _Entry("Agents", "Systems", "systems:list", "system", key="s", needs=Capability.READ_RECORD),
    _Entry("Agents", "Connectors", "connectors:list", "link", needs=Capability.READ_RECORD),
    _Entry("Agents", "Telemetry", "telemetry:calls", "clock", needs=Capability.READ_RECORD),
    _Entry("Agents", "Assets", "assets:list", "table", needs=Capability.READ_RECORD),
    _Entry("Agents", "Drift", "drift:list", "chart", needs=Capability.READ_RECORD),
    _Entry("Agents", "Scenarios", "elicitation:list", "check-circle", needs=Capability.READ_RECORD),
    _Entry("Agents", "E-stop", "estop:page", "stop"),
    _Entry("Work", "Ask", "ask:page", "search", key="a"),
    _Entry("Work", "Executions", "executions:list", "sparkle", key="e"),
    _Entry("Work", "Figures", "overview:figures", "chart", needs=Capability.READ_RECORD),
    _Entry("Work", "Routing", "routing:list", "branch", needs=Capability.READ_RECORD),
    _Entry("Work", "What if", "whatif:list", "undo", needs=Capability.READ_RECORD),
    _Entry("Law", "Rulebook", "rulebook:rules", "shield", key="r", needs=Capability.READ_RECORD),
    _Entry("Law", "Authority", "amendments:authority", "users", needs=Capability.READ_RECORD),
    _Entry("Money", "Budgets", "budgets:list", "chart", needs=Capability.READ_RECORD),
    _Entry("Proof", "Ledger", "ledger:list", "ledger", key="l", needs=Capability.READ_RECORD),
    _Entry("Proof", "Archives", "lifecycle:page", "clock", needs=Capability.READ_RECORD),
    _Entry("Administration", "Webhooks", "webhooks:list", "link", needs=Capability.MANAGE_PROGRAMS),
    _Entry("Administration", "Jobs", "jobs:list", "clock", needs=Capability.READ_RECORD),
    _Entry("Administration", "People", "people:list", "users", key="p", needs=Capability.READ_RECORD),
    _Entry("Administration", "Outbox", "notices:outbox", "mail", needs=Capability.MANAGE_PEOPLE, is_apart=True),
    _Entry("Administration", "Health", "health:page", "shield", needs=Capability.MANAGE_PROGRAMS),
    _Entry("Administration", "Tokens", "tokens:list", "key"),
    _Entry(
        "Administration",
        "Data fixes",
        "admin:index",
        "wrench",
        needs=Capability.FIX_DATA,
    ),
    _Entry("Platform", "Tenants", "platform:list", "tenant", is_platform=True),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `{{ shell.tenant.name }}`, `{{ shell.sections }}` …, and `{{ demo_hint }}` for the sign-in page."""
    return {"shell": SimpleLazyObject(lambda: build(request)), "demo_hint": SimpleLazyObject(sign_in_hint)}


def build(request: HttpRequest) -> Shell:
    """The frame for this request; three queries for its counts when there is a scope, none otherwise."""
    scope: Scope | None = getattr(request, "scope", None)
    memberships = tuple(getattr(request, "memberships", ()) or ())
    person = _person(request, scope)
    counted = counts(scope) if scope and person else Counts()
    return Shell(
        tenant=_tenant(scope, memberships),
        tenants=_others(scope, memberships),
        person=person,
        sections=_sections(request, scope, waiting=counted.waiting) if person else (),
        waiting=counted.waiting,
        unread=counted.unread,
        stops=counted.stops,
        visit=getattr(request, "visit", None),
    )


def _person(request: HttpRequest, scope: Scope | None) -> Person | None:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    email = str(getattr(user, "email", ""))
    name = str(getattr(user, "name", "")) or email
    roles = tuple(role.label for role in Role if scope and role in scope.roles)
    if not roles and getattr(user, "is_platform_staff", False):
        roles = ("Platform staff",)
    return Person(name=name, email=email, roles=roles)


def _tenant(scope: Scope | None, memberships: Iterable[Any]) -> Tenant | None:
    return next((_as_tenant(m) for m in memberships if scope and m.tenant_id == scope.tenant_id), None)


def _others(scope: Scope | None, memberships: Iterable[Any]) -> tuple[Tenant, ...]:
    if scope and scope.is_visit:
        # A visit is ended, not switched away from.
        return ()
    others = (_as_tenant(m) for m in memberships if not scope or m.tenant_id != scope.tenant_id)
    return tuple(sorted(others, key=lambda tenant: tenant.name.casefold()))


def _as_tenant(membership: Any) -> Tenant:
    roles = ", ".join(role.label for role in Role if role in membership.roles)
    is_demo = bool(getattr(membership, "is_demo", False))
    return Tenant(id=membership.tenant_id, name=membership.tenant_name, roles=roles, is_demo=is_demo)


def _sections(request: HttpRequest, scope: Scope | None, *, waiting: int) -> tuple[Section, ...]:
    groups: dict[str, list[Link]] = {}
    for entry in MENU:
        url = _url(entry.view)
        if url and _may_see(entry, request, scope):
            count = waiting if entry.is_waiting else 0
            current = _current(request, entry.view)
            counts = "waiting" if entry.is_waiting else ""
            link = Link(
                gettext(entry.label), url, entry.icon, current=current, count=count, key=entry.key, counts=counts
            )
            groups.setdefault(entry.title, []).append(link)
    return tuple(Section(gettext(title), tuple(links)) for title, links in groups.items())


def _may_see(entry: _Entry, request: HttpRequest, scope: Scope | None) -> bool:
    if entry.is_platform:
        return bool(getattr(request.user, "is_platform_staff", False))
    if scope is None:
        # Nobody without a tenant has anywhere to go but the pages of the platform.
        return not getattr(request.user, "is_platform_staff", False) and entry.needs is None
    return entry.needs is None or scope.can(entry.needs)


def _url(view: str) -> str:
    try:
        return reverse(view)
    except NoReverseMatch:
        return ""


def _current(request: HttpRequest, view: str) -> str:
    match = getattr(request, "resolver_match", None)
    if match is None:
        return ""
    if match.view_name == view:
        return "page"
    if any(entry.view == match.view_name for entry in MENU):
        return ""
    # A page below none of the entries belongs to the first of its namespace: an amendment to Amendments, not to Authority.
    first = next(
        (entry.view for entry in MENU if not entry.is_apart and entry.view.partition(":")[0] == match.namespace), ""
    )
    return "true" if view == first else ""


def counts(scope: Scope) -> Counts:
    """What waits for this person and what they have not read. Pages drawn after a POST have no transaction of their own."""
    if active_tenant() == scope.tenant_id:
        return _counted(scope)
    with in_tenant(scope.tenant_id):
        return _counted(scope)


def _counted(scope: Scope) -> Counts:
    return Counts(waiting=_waiting(scope), unread=unread_count(scope), stops=in_force(scope=scope))


def _waiting(scope: Scope) -> int:
    # By name: the frame must also stand where the inbox is not installed.
    try:
        queries = import_module("tarsweb.inbox.queries")
    except ModuleNotFoundError as missing:
        if not (missing.name or "").startswith("tarsweb.inbox"):
            raise
        return 0
    return int(queries.waiting_count(scope))
