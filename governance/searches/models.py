from __future__ import annotations

from django.db import models

from governance.rows import TenantRow

PAGES = {
    "inbox:list": "Inbox",
    "amendments:list": "Amendments",
    "systems:list": "Systems",
    "ledger:list": "Ledger",
    "rulebook:rules": "Rules",
    "rulebook:cases": "Cases",
    "rulebook:verdicts": "Verdicts",
    "telemetry:calls": "Tool calls",
    "budgets:holds": "Holds",
    "executions:list": "Executions",
}
"""The list pages whose filters can be kept, by URL name."""


class SavedSearch(TenantRow):
    """The query string of one list page (`page` is its URL name) under a name."""

    page = models.TextField()
    name = models.TextField()
    query = models.TextField()
    user = models.ForeignKey("governance.User", on_delete=models.PROTECT, related_name="+")
    is_shared = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "saved_searches"
        verbose_name_plural = "saved searches"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user", "page", "name"], name="saved_searches_named"),
            models.UniqueConstraint(
                fields=["tenant", "user", "page"],
                condition=models.Q(is_default=True),
                name="saved_searches_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name
