from __future__ import annotations

from governance.errors import DomainError


class JobOver(DomainError):
    """The job has ended, so there is nothing to stop."""

    code = "job_over"


class JobNotOver(DomainError):
    """Only a job that failed for good or was cancelled is tried again."""

    code = "job_not_over"


class JobStays(DomainError):
    """The record rests on this job: nobody can stop it."""

    code = "job_stays"
