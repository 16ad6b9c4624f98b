"""The verbs of platform staff. One module per matter."""

from tarsweb.platform.actions.tenants import Opened, change_terms, close_tenant, open_tenant, reopen_tenant
from tarsweb.platform.actions.visits import END_VISIT, begin_visit, end_by_job, end_visit

__all__ = [
    "END_VISIT",
    "Opened",
    "begin_visit",
    "change_terms",
    "close_tenant",
    "end_by_job",
    "end_visit",
    "open_tenant",
    "reopen_tenant",
]
