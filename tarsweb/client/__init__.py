"""A typed client of the API, for programs and for the command line; knows no Django.

    with Tars("https://tars.example", token=secret) as tars:
        for amendment in tars.amendments(state="open"):
            print(amendment["id"], amendment["sentence"])

Every failure is a `Problem` (RFC 9457) or `Unreachable`. Writing requests carry an `Idempotency-Key`, so that a retry after a
lost answer takes effect once.
"""

from tarsweb.client.errors import ClientError, Problem, Unreachable
from tarsweb.client.tars import Tars

__all__ = ["ClientError", "Problem", "Tars", "Unreachable"]
