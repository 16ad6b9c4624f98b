"""People, invitations and deputies over REST."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.errors import NotFound
from governance.identity import actions, leaving
from governance.identity.models import User
from governance.rest import Face, endpoint, paged, paging
from governance.scope import Capability, Role, Scope
from governance.web import now, reading
from tarsweb.people import queries, shapes
from tarsweb.people.letters import deliver


class People(Face):
    @endpoint(gives=shapes.Person, query=shapes.PeopleQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """The tenant's people by e-mail address."""
        scope = self.reader(request)
        limit, after = paging(request)
        found = queries.people(scope=scope, filter=queries.Filter(**asked), at=now())
        rest = sorted((line for line in found if line.email > after), key=lambda line: line.email)
        results = [person_record(line) for line in rest[:limit]]
        return paged(request, results, next_after=rest[limit - 1].email if len(rest) > limit else None)


class OnePerson(Face):
    @endpoint(gives=shapes.Person)
    def get(self, request: Request, user_id: UUID) -> Response:
        """A person who is or was a member."""
        return Response(person_record(queries.person(scope=_looker(self, request, user_id), user_id=user_id, at=now())))


class Roles(Face):
    @endpoint(gives=shapes.Person, takes=shapes.NewRoles, problems=(actions.LastAdmin, actions.NoRole))
    def post(self, request: Request, user_id: UUID, body: dict[str, Any]) -> Response:
        """Replace a member's roles."""
        scope, at = self.scope(request), now()
        roles = [Role(name) for name in body["roles"]]
        actions.set_roles(scope=scope, user=_user(user_id), roles=roles, reason=body["reason"], at=at)
        with reading(request._request):
            return Response(person_record(queries.person(scope=scope, user_id=user_id, at=at)))


class Departure(Face):
    @endpoint(gives=shapes.Departure)
    def get(self, request: Request, user_id: UUID) -> Response:
        """What would move if the membership ended now."""
        scope, at = self.scope(request), now()
        if user_id != scope.actor.user_id:
            scope.demand(Capability.MANAGE_PEOPLE, to="end a membership")
        person = queries.person(scope=scope, user_id=user_id, at=at)
        moves = leaving.preview(scope=scope, user=_user(user_id), roles=frozenset(person.roles), at=at)
        return Response({"moves": moves})


class End(Face):
    @endpoint(gives=None, status=204, takes=shapes.Ending, problems=(actions.LastAdmin,))
    def post(self, request: Request, user_id: UUID, body: dict[str, Any]) -> Response:
        """End a membership, or leave. What waits for the person moves on, and the record stays."""
        actions.remove_member(scope=self.scope(request), user=_user(user_id), at=now(), **body)
        return Response(status=204)


class Invitations(Face):
    @endpoint(gives=shapes.Invitations)
    def get(self, request: Request) -> Response:
        """Invitations that nobody accepted or revoked, newest first."""
        scope = _inviter(self, request)
        return Response({"results": [asdict(line) for line in queries.invitations(scope=scope, at=now())]})

    @endpoint(
        gives=shapes.Invited,
        status=201,
        takes=shapes.Wish,
        problems=(actions.SeatsTaken, actions.AlreadyMember, actions.AlreadyInvited, actions.BadAddress),
    )
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Ask an address to join. The seat is promised for seven days."""
        roles = [Role(name) for name in body["roles"]]
        made = actions.invite(scope=self.scope(request), at=now(), **{**body, "roles": roles})
        return _told(made)


class OneInvitation(Face):
    @endpoint(gives=shapes.Invitation)
    def get(self, request: Request, invitation_id: UUID) -> Response:
        """An invitation that nobody accepted or revoked."""
        found = queries.invitations(scope=_inviter(self, request), at=now())
        line = next((line for line in found if line.id == invitation_id), None)
        if line is None:
            raise NotFound("There is no such open invitation.")
        return Response(asdict(line))


class Resend(Face):
    @endpoint(gives=shapes.Invited, status=201, problems=(actions.SeatsTaken,))
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """The same invitation with a new link for seven more days; the old link stops working."""
        made = actions.resend_invitation(scope=self.scope(request), invitation_id=invitation_id, at=now())
        return _told(made)


class Revoke(Face):
    @endpoint(gives=None, status=204)
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """Take an invitation back."""
        actions.revoke_invitation(scope=self.scope(request), invitation_id=invitation_id, at=now())
        return Response(status=204)


class Deputies(Face):
    @endpoint(gives=shapes.Deputies)
    def get(self, request: Request) -> Response:
        """Everybody's deputies, now and to come."""
        found = queries.stand_ins(scope=self.reader(request), at=now())
        return Response({"results": [asdict(one) for one in found]})


class DeputiesOf(Face):
    @endpoint(gives=shapes.Deputies)
    def get(self, request: Request, user_id: UUID) -> Response:
        """Who stands in for a person, and for whom they do."""
        scope = _looker(self, request, user_id)
        queries.person(scope=scope, user_id=user_id, at=now())
        found = queries.stand_ins(scope=scope, at=now(), user_id=user_id)
        return Response({"results": [asdict(one) for one in found]})

    @endpoint(gives=shapes.Deputy, status=201, takes=shapes.NewDeputy, problems=(actions.BadDeputy,))
    def post(self, request: Request, user_id: UUID, body: dict[str, Any]) -> Response:
        """Let somebody decide in this person's place, in one role, between two moments. Nobody begins in the past."""
        scope, at = self.scope(request), now()
        row = actions.register_deputy(
            scope=scope,
            principal=_user(user_id),
            deputy=_user(body["deputy_id"]),
            role=Role(body["role"]),
            starts_at=max(body["starts_at"], at),
            ends_at=body["ends_at"],
            at=at,
        )
        with reading(request._request):
            found = queries.stand_ins(scope=scope, at=at, user_id=user_id)
        record = next(asdict(one) for one in found if one.id == row.id)
        return Response(record, status=201, headers={"Location": reverse("api-deputies-of", args=[user_id])})


class EndDeputy(Face):
    @endpoint(gives=None, status=204)
    def post(self, request: Request, deputy_id: UUID) -> Response:
        """End a deputy's time now."""
        actions.end_deputy(scope=self.scope(request), deputy_id=deputy_id, at=now())
        return Response(status=204)


def person_record(line: queries.PersonLine) -> dict[str, Any]:
    """A person as the API shows them."""
    return {"id": str(line.user_id), **line.as_row()}


def _told(made: actions.Invited) -> Response:
    record = asdict(queries.invitation_line(made.invitation, at=made.invitation.created_at))
    address = reverse("api-invitation", kwargs={"invitation_id": made.invitation.id})
    headers = {"Location": address, "Cache-Control": "no-store"}
    return Response({**record, "link": deliver(made) or None}, status=201, headers=headers)


def _looker(face: Face, request: Request, user_id: UUID) -> Scope:
    """Everybody may look at themselves; at others, whoever reads the record."""
    scope = face.scope(request)
    if user_id != scope.actor.user_id:
        scope.demand(Capability.READ_RECORD, to="see the people")
    return scope


def _inviter(face: Face, request: Request) -> Scope:
    scope = face.scope(request)
    scope.demand(Capability.MANAGE_PEOPLE, to="see invitations")
    return scope


def _user(user_id: UUID) -> User:
    found = User.objects.filter(id=user_id).first()
    if found is None:
        raise NotFound("There is no such person in this tenant.")
    return found
