"""What pages and API read about amendments. Every function demands a scope and returns loaded values."""

from governance.amendments.queries.drafting import Draft, found_system, look_at, starting_point
from governance.amendments.queries.lists import (
    Filters,
    Row,
    filtered,
    record_of,
    rows_of,
    system_names,
    with_conflicts,
    with_facts,
)
from governance.amendments.queries.page import AmendmentPage, amendment_page, found_proposal, open_request
from governance.amendments.queries.standing import Authority, Box, authority_of, may_decide
from governance.amendments.queries.undo import RollBackPreview, roll_back_preview

__all__ = [
    "AmendmentPage",
    "Authority",
    "Box",
    "Draft",
    "Filters",
    "RollBackPreview",
    "Row",
    "amendment_page",
    "authority_of",
    "filtered",
    "found_proposal",
    "found_system",
    "look_at",
    "may_decide",
    "open_request",
    "record_of",
    "roll_back_preview",
    "rows_of",
    "starting_point",
    "system_names",
    "with_conflicts",
    "with_facts",
]
