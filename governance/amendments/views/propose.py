"""Proposing and revising: the JSON editor with its live preview."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from governance.amendments import actions
from governance.amendments.errors import WrongState
from governance.amendments.forms import ProposalForm, initial_evidence, initial_of
from governance.amendments.kinds import AmendmentType, Basis, State
from governance.amendments.models import AmendmentProposal
from governance.amendments.queries import Draft, found_proposal, found_system, look_at, starting_point, system_names
from governance.amendments.queries.drafting import Starting, suggestions_for, with_suggestions
from governance.amendments.tightened import asking_for_everything
from governance.amendments.views.attaching import ACCEPT, Files, shown, taken_in
from governance.amendments.views.common import to_amendment
from governance.errors import DomainError, NotAllowed
from governance.files.queries import Attachment
from governance.registry.models import System
from governance.scope import Capability, Scope
from governance.web import now, reading, scope_of, scoped

_FOLDER = "governance/amendments"
NO_FILES = Files()
_TO = "propose an amendment"


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(Capability.PROPOSE, to=_TO)
def propose(request: HttpRequest) -> HttpResponse:
    """GET: choose a system, then edit its constitution. POST: propose, save a draft, or only check."""
    if request.method == "POST":
        return _post_propose(request)
    scope = scope_of(request)
    name = request.GET.get("system", "")
    if not name:
        return render(request, f"{_FOLDER}/choose.html", {"systems": system_names(scope=scope)})
    system = found_system(scope=scope, name=name)
    chosen = {key: request.GET[key] for key in ("type", "basis") if key in request.GET}
    tightened = request.GET.get("start") == "ask_for_everything"
    document = asking_for_everything(system.constitution) if tightened else system.constitution
    start = initial_of(document=document, base_version=system.constitution_version)
    form = ProposalForm(initial={**chosen, **start})
    return _drawn(request, form=form, system=system)


@require_POST
@scoped(Capability.PROPOSE, to=_TO)
def preview(request: HttpRequest) -> HttpResponse:
    """The live preview; writes nothing. When type or basis was chosen anew, its evidence fields come along."""
    scope = scope_of(request)
    with reading(request):
        proposal = _revised(scope, request.POST)
        system = proposal.system if proposal else found_system(scope=scope, name=request.POST.get("system", ""))
        form = ProposalForm(request.POST, fixed=_fixed(proposal))
        form.is_valid()
        chosen = request.POST.get("shown") != form.shown
        context = {"form": form, "system": system, "draft": _look(scope, system, form), "brings_evidence": chosen}
        return render(request, f"{_FOLDER}/_preview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(Capability.PROPOSE, to="revise an amendment")
def revise(request: HttpRequest, number: int) -> HttpResponse:
    """The next revision of one's own proposal, starting from its changes on today's constitution."""
    scope = scope_of(request)
    with reading(request):
        proposal = found_proposal(scope=scope, number=number)
        _demand_revisable(scope, proposal)
        starting = starting_point(scope=scope, proposal=proposal)
        if take := request.GET.getlist("take"):
            wanted = suggestions_for(scope=scope, proposal=proposal, take=take)
            starting = with_suggestions(starting, wanted)
    if request.method == "POST":
        return _post_revise(request, proposal, starting)
    start = initial_of(document=starting.document, base_version=starting.base_version)
    evidence = initial_evidence(starting.revision.evidence, **_typed(proposal))
    initial = {**start, **evidence, "effective_at": proposal.effective_at}
    form = ProposalForm(initial=initial, fixed=_fixed(proposal))
    ids = tuple(one.id for one in starting.attachments if one.id is not None)
    return _drawn(request, form=form, system=proposal.system, proposal=proposal, starting=starting, files=Files(ids))


def _post_propose(request: HttpRequest) -> HttpResponse:
    scope, intent = scope_of(request), request.POST.get("intent", "check")
    with reading(request):
        system = found_system(scope=scope, name=request.POST.get("system", ""))
    form, files = ProposalForm(request.POST), taken_in(request)
    if not form.is_valid() or files.refused or intent not in ("propose", "draft"):
        status = 422 if form.errors or files.refused else 200
        return _redrawn(request, form=form, system=system, files=files, status=status)
    try:
        proposal = actions.propose(
            scope=scope,
            system_name=system.name,
            type=form.cleaned_data["type"],
            basis=form.cleaned_data["basis"],
            constitution=form.cleaned_data["constitution"],
            evidence=form.evidence(),
            base_version=form.cleaned_data["base_version"],
            effective_at=form.cleaned_data["effective_at"],
            is_draft=intent == "draft",
            attachments=files.ids,
            at=now(),
        )
    except DomainError as refusal:
        return _redrawn(request, form=form, system=system, files=files, refusal=refusal, status=refusal.status)
    said = f"{proposal.label} is saved as a draft." if intent == "draft" else f"{proposal.label} is proposed."
    return to_amendment(request, proposal.number, said=said)


def _post_revise(request: HttpRequest, proposal: AmendmentProposal, starting: Starting) -> HttpResponse:
    form, files = ProposalForm(request.POST, fixed=_fixed(proposal)), taken_in(request)
    drawn: dict[str, Any] = {"form": form, "system": proposal.system, "proposal": proposal, "files": files}
    drawn["attached"] = starting.attachments
    if not form.is_valid() or files.refused or request.POST.get("intent") != "revise":
        return _redrawn(request, status=422 if form.errors or files.refused else 200, **drawn)
    try:
        actions.revise(
            scope=scope_of(request),
            number=proposal.number,
            constitution=form.cleaned_data["constitution"],
            evidence=form.evidence(),
            why=form.cleaned_data["why"].strip(),
            base_version=form.cleaned_data["base_version"],
            effective_at=form.cleaned_data["effective_at"],
            attachments=files.ids,
            at=now(),
        )
    except DomainError as refusal:
        return _redrawn(request, refusal=refusal, status=refusal.status, **drawn)
    return to_amendment(request, proposal.number, said=f"{proposal.label} is revised.")


def _redrawn(request: HttpRequest, *, status: int, **drawn: Any) -> HttpResponse:
    with reading(request):
        return _drawn(request, status=status, **drawn)


def _drawn(
    request: HttpRequest,
    *,
    form: ProposalForm,
    system: System,
    proposal: AmendmentProposal | None = None,
    starting: Starting | None = None,
    files: Files = NO_FILES,
    attached: Sequence[Attachment] = (),
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    problems = form.place(refusal.problems) if refusal and form.is_bound else ()
    context = {
        "form": form,
        "system": system,
        "proposal": proposal,
        "starting": starting,
        "refusal": refusal,
        "problems": problems,
        "files": shown(scope=scope_of(request), ids=files.ids, attached=starting.attachments if starting else attached),
        "file_problems": files.refused,
        "accept": ACCEPT,
        "draft": _look(scope_of(request), system, form, starting),
    }
    return render(request, f"{_FOLDER}/propose.html", context, status=status)


def _look(scope: Scope, system: System, form: ProposalForm, starting: Starting | None = None) -> Draft | None:
    """The draft as far as it can be read; None when the text is no JSON object (the form says why) or untouched."""
    look = partial(look_at, scope=scope, system=system, type=form.kind, basis=form.ground)
    if starting is not None:
        return look(constitution=starting.document, evidence=starting.revision.evidence, base_version=None)
    if not form.is_bound or "constitution" not in form.cleaned_data:
        return None
    return look(
        constitution=form.cleaned_data["constitution"],
        evidence=form.evidence(),
        base_version=form.cleaned_data.get("base_version"),
    )


def _revised(scope: Scope, data: QueryDict) -> AmendmentProposal | None:
    number = data.get("revises", "")
    return found_proposal(scope=scope, number=int(number)) if number.isascii() and number.isdigit() else None


def _fixed(proposal: AmendmentProposal | None) -> tuple[AmendmentType, Basis] | None:
    return (AmendmentType(proposal.amendment_type), Basis(proposal.basis)) if proposal else None


def _typed(proposal: AmendmentProposal) -> dict[str, Any]:
    return {"type": AmendmentType(proposal.amendment_type), "basis": Basis(proposal.basis)}


def _demand_revisable(scope: Scope, proposal: AmendmentProposal) -> None:
    if scope.actor.user_id != proposal.proposer_id:
        raise NotAllowed(f"{proposal.proposed_by} proposed {proposal.label}; only they can revise it.")
    if proposal.state not in (State.DRAFT, State.PROPOSED, State.CHANGES_REQUESTED):
        word = proposal.state.replace("_", " ")
        raise WrongState(f"{proposal.label} is {word}, so you cannot revise it.")
