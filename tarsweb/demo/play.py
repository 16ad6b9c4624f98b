"""Plays a script through the real verbs, with the script's moments as arguments, and goes on where it was left.

A step is done when the ledger holds an entry of its moment: its verb wrote that in its own transaction. A draft, a comment
and a job write no entry; their rows keep the moment. So a killed run repeats nothing, forgets nothing, and needs no notes
of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal, ProposalRevision
from governance.amendments.queries import roll_back_preview
from governance.approvals.actions import review_override
from governance.approvals.models import ApprovalDecision, Via
from governance.assets import actions as assets
from governance.constitution.diff import Effect
from governance.discussion.models import Comment
from governance.errors import DomainError, NotFound
from governance.files.actions import upload
from governance.identity.actions import invite, register_deputy
from governance.identity.confirm import Confirmation
from governance.identity.models import User
from governance.identity.queries import scope_for
from governance.jobs.models import Job
from governance.lawbook.actions import propose_import
from governance.ledger.models import LedgerEntry
from governance.policy.verdict import Outcome
from governance.registry.actions import fix_system
from governance.registry.models import System
from governance.rulebook.actions import decide_many
from governance.rulebook.actions.cases import save_case
from governance.rulebook.models import StoredVerdict
from governance.rulebook.question import Question
from governance.rulebook.session_actions import reset_session
from governance.scope import Role, Scope, tars_scope
from governance.searches.actions import save_search
from governance.searches.models import SavedSearch
from governance.tenancy import in_tenant
from routing.executions.past import Memory
from routing.router.actions import Wish, write_rule
from tarsweb.demo import dreamed, expected, money, old, work
from tarsweb.demo.edits import edited
from tarsweb.demo.script import Step
from tarsweb.demo.worlds import DATA, World

log = logging.getLogger(__name__)


@dataclass
class Report:
    """What a run did. `refused` holds the steps that no longer fitted, with the reason: somebody had been at work."""

    played: int = 0
    skipped: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def moments_done(*, tenant_id: UUID, steps: Iterable[Step]) -> set[datetime]:
    """The moments of these steps that have happened already."""
    wanted = [step.at for step in steps]
    with in_tenant(tenant_id):
        entries = LedgerEntry.objects.filter(tenant_id=tenant_id, at__in=wanted).values_list("at", flat=True)
        drafts = AmendmentProposal.objects.filter(tenant_id=tenant_id, created_at__in=wanted)
        comments = Comment.objects.filter(tenant_id=tenant_id, at__in=wanted).values_list("at", flat=True)
        kept = SavedSearch.objects.filter(tenant_id=tenant_id, created_at__in=wanted).values_list(
            "created_at", flat=True
        )
        verdicts = StoredVerdict.objects.filter(tenant_id=tenant_id, at__in=wanted).values_list("at", flat=True)
        jobs = Job.objects.filter(tenant_id=tenant_id, created_at__in=wanted).values_list("created_at", flat=True)
        return {*jobs, *verdicts, *entries, *drafts.values_list("created_at", flat=True), *comments, *kept}


class Player:
    """Plays steps of one world in its tenant."""

    def __init__(self, *, world: World, tenant_id: UUID) -> None:
        self.world, self.tenant_id = world, tenant_id
        self._users = {user.email: user for user in User.objects.filter(email__in=[p.email for p in world.people])}
        self._scopes = {"tars": tars_scope(tenant_id)}
        self.memory: Memory = {}

    def play(self, steps: Iterable[Step]) -> Report:
        """Play whatever has not happened yet, in order. A refused step is reported and passed over."""
        steps, report = tuple(steps), Report()
        done = moments_done(tenant_id=self.tenant_id, steps=steps)
        for step in steps:
            if step.at in done:
                report.skipped += 1
                continue
            try:
                _VERBS[step.verb](self, step)
                report.played += 1
            except DomainError as error:
                log.warning("demo step %s was refused: %s", step.key, error.sentence)
                report.refused.append((step.key, error.sentence))
        return report

    def scope(self, key: str) -> Scope:
        """The scope of somebody of this world. Raises `NotFound` when the membership has ended."""
        if key not in self._scopes:
            found = scope_for(user=self.user(key), tenant_id=self.tenant_id)
            if found is None:
                raise NotFound(f"{self.world.person(key).name} does not belong to this tenant any more.")
            self._scopes[key] = found
        return self._scopes[key]

    def user(self, key: str) -> User:
        """The account of somebody of this world."""
        return self._users[self.world.person(key).email]

    def _confirmed(self, step: Step) -> Confirmation:
        """As after typing the password. Only the demo says this for somebody: there is nobody to ask in the past."""
        return Confirmation(user_id=self.user(step.by).pk, method="password", at=step.at)

    def _proposal(self, step: Step) -> AmendmentProposal:
        assert step.of is not None
        with in_tenant(self.tenant_id):
            found = AmendmentProposal.objects.filter(
                tenant_id=self.tenant_id, created_at=step.of, system__name=step.system
            ).first()
        if found is None:
            raise NotFound("The amendment that this is about was never proposed.")
        return found

    def _constitution(self, system: str, changes: dict[str, Any]) -> dict[str, Any]:
        with in_tenant(self.tenant_id):
            row = System.objects.filter(tenant_id=self.tenant_id, name=system).only("constitution").first()
        if row is None:
            raise NotFound(f"There is no system called {system}.")
        return edited(row.constitution, changes)

    def propose(self, step: Step) -> None:
        args = step.args
        amendments.propose(
            scope=self.scope(step.by),
            system_name=step.system,
            type=AmendmentType(args["type"]),
            basis=Basis(args["basis"]),
            constitution=self._constitution(step.system, args["changes"]),
            evidence=args["evidence"],
            effective_at=args["effective_at"],
            expires_at=args["expires_at"],
            is_draft=args["is_draft"],
            attachments=[self._file(step, name, text) for name, text in args["files"].items()],
            at=step.at,
        )

    def import_law(self, step: Step) -> None:
        """A file of the world's law becomes an amendment of the tenant's law."""
        law = step.args["law"]
        propose_import(
            scope=self.scope(step.by),
            format=law["format"],
            name=law.get("name", ""),
            content=(DATA / self.world.key / "law" / law["file"]).read_bytes(),
            evidence=step.args["evidence"],
            at=step.at,
        )

    def _file(self, step: Step, name: str, text: str) -> UUID:
        return upload(scope=self.scope(step.by), name=name, content=text.encode(), at=step.at).id

    def comment(self, step: Step) -> None:
        """A comment, or with `reply` an answer in the first thread."""
        proposal, args = self._proposal(step), dict(step.args)
        if args.pop("reply", False):
            with in_tenant(self.tenant_id):
                first = Comment.objects.filter(subject_id=proposal.id, thread=None).order_by("at").first()
            args["thread_id"] = first.id if first else None
        amendments.comment(scope=self.scope(step.by), number=proposal.number, at=step.at, **args)

    def revise(self, step: Step) -> None:
        amendments.revise(
            scope=self.scope(step.by),
            number=self._proposal(step).number,
            constitution=self._constitution(step.system, step.args["changes"]),
            evidence=step.args["evidence"],
            why=step.args["why"],
            at=step.at,
        )

    def decide(self, step: Step) -> None:
        self.decide_on(self._proposal(step), step.verb, step, **step.args)

    def decide_on(self, proposal: AmendmentProposal, verb: str, step: Step, **args: Any) -> None:
        """Somebody approves, rejects, … what stands there now."""
        with in_tenant(self.tenant_id):
            digest = ProposalRevision.objects.get(proposal_id=proposal.id, number=proposal.revision).digest
        getattr(amendments, verb)(
            scope=self.scope(step.by),
            number=proposal.number,
            digest=digest,
            confirmation=self._confirmed(step),
            at=step.at,
            **args,
        )

    def roll_back(self, step: Step) -> None:
        scope, number = self.scope(step.by), self._proposal(step).number
        with in_tenant(self.tenant_id):
            digest = roll_back_preview(scope=scope, number=number, at=step.at).digest
        amendments.roll_back(
            scope=scope,
            number=number,
            digest=digest,
            reason=step.args["reason"],
            confirmation=self._confirmed(step),
            at=step.at,
        )

    def on_number(self, step: Step) -> None:
        verb = getattr(amendments, step.verb)
        verb(scope=self.scope(step.by), number=self._proposal(step).number, at=step.at, **step.args)

    def review_override(self, step: Step) -> None:
        proposal = self._proposal(step)
        with in_tenant(self.tenant_id):
            decision = ApprovalDecision.objects.filter(request_id=proposal.request_id, via=Via.OVERRIDE).first()
        if decision is None:
            raise NotFound("The override to review was never made.")
        review_override(scope=self.scope(step.by), decision_id=decision.id, at=step.at, **step.args)

    def grant_authority(self, step: Step) -> None:
        amendments.grant_authority(scope=self.scope(step.by), at=step.at, **step.args)

    def write_rule(self, step: Step) -> None:
        write_rule(scope=self.scope(step.by), wish=Wish(system=step.system, **step.args), at=step.at)

    def set_quorum(self, step: Step) -> None:
        args = step.args
        amendments.set_quorum(
            scope=self.scope(step.by),
            type=AmendmentType(args["type"]),
            effect=Effect(args["effect"]),
            role=Role(args["role"]),
            count=args["count"],
            at=step.at,
        )

    def register_deputy(self, step: Step) -> None:
        args = step.args
        register_deputy(
            scope=self.scope(step.by),
            principal=self.user(args["principal"]),
            deputy=self.user(args["deputy"]),
            role=Role(args["role"]),
            starts_at=args["starts_at"],
            ends_at=args["ends_at"],
            at=step.at,
        )

    def invite(self, step: Step) -> None:
        """Nobody gets the link: sending it again from the page makes one that works."""
        args = step.args
        roles = [Role(name) for name in args["roles"]]
        invite(scope=self.scope(step.by), email=args["email"], name=args["name"], roles=roles, at=step.at)

    def fix_system(self, step: Step) -> None:
        fix_system(scope=self.scope(step.by), system_name=step.system, at=step.at, **step.args)

    def save_search(self, step: Step) -> None:
        save_search(scope=self.scope(step.by), at=step.at, **step.args)

    def save_case(self, step: Step) -> None:
        args = {**step.args, "expected": Outcome(step.args["expected"])}
        save_case(scope=self.scope(step.by), system_name=step.system, at=step.at, **args)

    def ask(self, step: Step) -> None:
        """Questions as `[action, facts, how often]`, asked at one moment."""
        questions = [
            Question(step.system, action, facts)
            for action, facts, times in step.args["questions"]
            for _ in range(times)
        ]
        decide_many(scope=self.scope(step.by), questions=questions, at=step.at)

    def reset_session(self, step: Step) -> None:
        reset_session(scope=self.scope(step.by), at=step.at, **step.args)

    def on_asset(self, step: Step) -> None:
        getattr(assets, step.verb)(scope=self.scope(step.by), at=step.at, **step.args)


_VERBS: dict[str, Callable[[Player, Step], None]] = {
    "propose": Player.propose,
    "import_law": Player.import_law,
    "revise": Player.revise,
    "approve": Player.decide,
    "break_glass": Player.decide,
    "reject": Player.decide,
    "request_changes": Player.decide,
    "roll_back": Player.roll_back,
    "comment": Player.comment,
    "withdraw": Player.on_number,
    "apply_due": Player.on_number,
    "expire_due": Player.on_number,
    "review_override": Player.review_override,
    "grant_authority": Player.grant_authority,
    "set_quorum": Player.set_quorum,
    "write_rule": Player.write_rule,
    "register_deputy": Player.register_deputy,
    "invite": Player.invite,
    "fix_system": Player.fix_system,
    "save_search": Player.save_search,
    "save_case": Player.save_case,
    "ask": Player.ask,
    "reset_session": Player.reset_session,
    "register_asset": Player.on_asset,
    "issue_mandate": Player.on_asset,
    "record_use": Player.on_asset,
    "connect": work.connect,
    "look": work.look,
    "approve_tools": work.approve_tools,
    "disable": work.disable,
    "set_price": money.price,
    "plan": money.plan,
    "top_up": money.top_up,
    "hold": money.hold,
    "work": work.work,
    "rush": work.rush,
    "learn": work.learn,
    "request": work.request,
    "dispute": work.dispute,
    "what_if": work.what_if,
    "expect": expected.expect,
    "elicit": expected.elicit,
    "watch": expected.watch,
    "nights": dreamed.nights,
    "night": dreamed.night,
    "wish": dreamed.wish,
    "approve_dream": dreamed.approve,
    "bar_dream": dreamed.bar,
    "register": old.register,
    "retire": old.retire,
    "long_ago": old.long_ago,
    "age": old.age,
    "restore": old.restore,
    "legal_hold": old.legal_hold,
}
