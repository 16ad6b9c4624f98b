from __future__ import annotations

from django.db import models

from governance.rows import BusyRow, TenantRow, reference


class Access(BusyRow):
    """Somebody opened an execution or a system. Lives until `noting.fold` has counted it, some minutes."""

    execution_id = models.UUIDField(null=True)
    system_id = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "accesses"
        indexes = [models.Index(fields=["tenant", "id"], name="accesses_waiting")]


class Archive(TenantRow):
    """One archive file: what it is called in the store, and the digest of its bytes. `destroyed_at`: it must be gone."""

    at = models.DateTimeField()
    name = models.TextField()
    digest = models.TextField()
    bytes = models.BigIntegerField()
    rows = models.IntegerField()
    sequence = models.BigIntegerField(null=True, help_text="the ledger entry that names its digest")
    destroyed_at = models.DateTimeField(null=True)
    destroyed_in = models.BigIntegerField(null=True, help_text="the ledger entry that is its destruction certificate")
    checked_at = models.DateTimeField(null=True, help_text="when it was last read back")
    fault = models.TextField(default="", db_default="", help_text="what was found then; empty: nothing")

    class Meta:
        db_table = "archives"
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="archives_name")]
        indexes = [models.Index(fields=["tenant", "checked_at"], name="archives_checked")]


class ArchivedRow(TenantRow):
    """One execution in one archive. Only `tars_archive`, `tars_restore`, `tars_prune` and `tars_rewrite` write here.

    `digest` is of its line in the file. While neither `restored_at` nor `pruned_at` is set, the file holds what the database
    does not.
    """

    archive = reference("routing.Archive")
    execution = reference("routing.Execution", db_index=False)
    digest = models.TextField()
    bytes = models.IntegerField()
    archived_at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True)
    pruned_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "archived_rows"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "execution"],
                condition=models.Q(restored_at=None),
                name="archived_rows_once_away",
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "archived_at"],
                condition=models.Q(restored_at=None, pruned_at=None),
                name="archived_rows_away",
            ),
            # asked for each row that is moved (`tars_moves`), whatever became of it
            models.Index(fields=["tenant", "execution"], name="archived_rows_of_execution"),
        ]


class ArchivedSum(BusyRow):
    """How many executions of one system (none: of nobody) went away at one moment and are away still: they are kept equally long.

    Written by a trigger on `archived_rows`, statement by statement. A night archives under one moment, so these are few.
    """

    system = reference("governance.System", null=True, db_index=False)
    archived_at = models.DateTimeField()
    away = models.BigIntegerField()

    class Meta:
        db_table = "archived_sums"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "system", "archived_at"], nulls_distinct=False, name="archived_sums_one_each"
            )
        ]


class HoldOn(models.TextChoices):
    TENANT = "tenant", "Everything"
    SYSTEM = "system", "One system"
    EXECUTION = "execution", "One execution"


class LegalHold(TenantRow):
    """While it stands, nothing that it covers is destroyed: no pruning, no dropping by age."""

    kind = models.TextField(choices=HoldOn.choices)
    system = reference("governance.System", null=True)
    execution = reference("routing.Execution", null=True)
    reason = models.TextField()
    placed_at = models.DateTimeField()
    placed_by = models.TextField()
    released_at = models.DateTimeField(null=True)
    released_by = models.TextField(default="")
    released_because = models.TextField(default="")

    class Meta:
        db_table = "legal_holds"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind=HoldOn.TENANT, system=None, execution=None)
                | models.Q(kind=HoldOn.SYSTEM, system__isnull=False, execution=None)
                | models.Q(kind=HoldOn.EXECUTION, system=None, execution__isnull=False),
                name="legal_holds_on_one_thing",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="legal_holds_said"),
        ]
        indexes = [
            models.Index(fields=["tenant", "kind"], condition=models.Q(released_at=None), name="legal_holds_in_force")
        ]
