from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from governance.rows import TenantRow


class LedgerHead(models.Model):
    """The end of a tenant's chain; its row lock serialises appends."""

    tenant = models.OneToOneField("governance.Tenant", on_delete=models.PROTECT, primary_key=True, related_name="+")
    sequence = models.BigIntegerField()
    entry_hash = models.BinaryField()

    class Meta:
        db_table = "ledger_heads"

    def __str__(self) -> str:
        return f"entry {self.sequence}"


class LedgerEntry(TenantRow):
    """One entry. `header` and `openings` are the evidence (canonical bytes); every other column is a copy for searching that
    the verifier compares with them."""

    sequence = models.BigIntegerField()
    event_type = models.TextField()
    action_name = models.TextField()
    subject = models.TextField()
    actor_name = models.TextField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    header = models.BinaryField()
    openings = models.BinaryField()
    previous_hash = models.BinaryField()
    entry_hash = models.BinaryField()
    signer = models.TextField()
    signature = models.BinaryField()
    redaction_class = models.TextField(default="none", db_default="none")

    class Meta:
        db_table = "ledger_entries"
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "sequence"], name="ledger_entries_one_chain"),
            models.CheckConstraint(condition=models.Q(sequence__gte=1), name="ledger_entries_start_at_one"),
            models.CheckConstraint(
                condition=models.Q(redaction_class__in=["none", "partial", "full"]),
                name="ledger_entries_redaction_class",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "subject", "sequence"], name="ledger_entries_subject"),
            models.Index(fields=["tenant", "event_type", "sequence"], name="ledger_entries_event"),
            models.Index(fields=["tenant", "action_name", "sequence"], name="ledger_entries_action"),
            models.Index(fields=["tenant", "actor_name", "sequence"], name="ledger_entries_actor"),
            models.Index(fields=["tenant", "at", "sequence"], name="ledger_entries_time"),
        ]
