"""One HTTP exchange with an agent: outbound's guard, with the errors of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from governance import outbound
from governance.outbound import AddressRefused, Answer, NoAnswer, NotReached, TooLate
from routing.connectors.contract import (
    AgentAddressRefused,
    AnsweredNonsense,
    AnsweredTooMuch,
    TimedOut,
    Unreachable,
)

MOST: Final = 1024 * 1024
"""Bytes of an answer that are read, unless the connector says otherwise."""
_PASSING: Final = frozenset({408, 425, 429, 502, 503, 504})
_NOT_RUN: Final = frozenset({425, 429, 503})


def exchange(
    method: str, url: str, *, content: bytes = b"", headers: Mapping[str, str], seconds: float, most: int
) -> Answer:
    """One request and its whole answer. Raises the errors of `contract.py`; a redirect is one of them."""
    try:
        answer = outbound.call(method, url, content=content, headers=headers, deadline=seconds, most=most)
    except AddressRefused as refusal:
        raise AgentAddressRefused(refusal.sentence, may_have_run=False) from None
    except TooLate as late:
        raise TimedOut(late.sentence) from None
    except NoAnswer as broken:
        raise Unreachable(broken.sentence, may_have_run=not isinstance(broken, NotReached)) from broken
    if answer.is_cut:
        raise AnsweredTooMuch(f"The agent answered more than {most:,} bytes, and TARS read no further.")
    if 300 <= answer.status < 400:
        raise AnsweredNonsense(redirected(answer.status), may_have_run=False)
    return answer


def redirected(status: int) -> str:
    """What to say to a redirect."""
    return f"The agent answered {status}, a redirect, and TARS follows none. Give the address that it points to."


def refused(answer: Answer) -> AnsweredNonsense | Unreachable:
    """The error for a status that is no success."""
    if answer.status in _PASSING:
        sentence = f"The agent answered {answer.status}: it cannot take work now."
        return Unreachable(sentence, may_have_run=answer.status not in _NOT_RUN)
    return AnsweredNonsense(f"The agent answered {answer.status} and no envelope that says what went wrong.")
