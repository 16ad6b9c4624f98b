from __future__ import annotations

from django.db import models

from governance.rows import TenantRow, reference


class ItemKind(models.TextChoices):
    SCENARIO = "scenario", "Scenario"
    PAIR = "pair", "Pair"


class CanonicalItem(TenantRow):
    """A scenario or a pair as the tenant wrote it, in place of the one that ships under its key. What it was is on the ledger.

    `previous` is the content before the last change, which undo brings back; null where there was none.
    """

    kind = models.TextField(choices=ItemKind.choices)
    key = models.TextField()
    content = models.JSONField(help_text="as `scenario.Scenario` or `scenario.Pair` say it")
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    previous = models.JSONField(null=True, help_text="{content, is_active}")
    updated_at = models.DateTimeField()
    updated_by = models.TextField()
    updated_by_id = models.UUIDField(null=True, help_text="the person's user id")

    class Meta:
        db_table = "canonical_items"
        verbose_name = "canonical scenario"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "key"], name="canonical_items_one_each"),
            models.CheckConstraint(condition=models.Q(kind__in=ItemKind.values), name="canonical_items_kind"),
        ]

    def __str__(self) -> str:
        return self.key


class Elicitation(TenantRow):
    """One run of the scenarios against one system, as the worker found it. Written once.

    `canonical` holds everything under `digest`; the columns are what lists and the drift machine ask for.
    """

    system = reference("governance.System", db_index=False)
    job = models.UUIDField(help_text="the job that made it")
    at = models.DateTimeField()
    requested_by = models.TextField()
    constitution_version = models.PositiveIntegerField()
    constitution_digest = models.TextField()
    law_digest = models.TextField(blank=True)
    suite_digest = models.TextField(help_text="of the scenarios and pairs that were asked")
    asked = models.PositiveIntegerField(help_text="scenarios")
    as_expected = models.PositiveIntegerField()
    checks = models.PositiveIntegerField(help_text="of all parts")
    agreed = models.PositiveIntegerField()
    left_out = models.PositiveIntegerField(help_text="scenarios and pairs that could not be asked")
    is_passed = models.BooleanField()
    digest = models.TextField()
    canonical = models.BinaryField()

    class Meta:
        db_table = "elicitations"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "job", "system"], name="elicitations_one_each"),
            models.CheckConstraint(
                condition=models.Q(as_expected__lte=models.F("asked"), agreed__lte=models.F("checks")),
                name="elicitations_counts",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "system", "-at"], name="elicitations_of_system")]

    def __str__(self) -> str:
        return f"{self.as_expected} of {self.asked}"
