from __future__ import annotations

from django.db import models

from governance.rows import BusyRow


class FigureMark(BusyRow):
    """How far one rollup of a tenant reaches: up to a number that only grows, or up to a moment."""

    source = models.TextField()
    sequence = models.BigIntegerField(default=0)
    until = models.DateTimeField(null=True)
    folded_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "figure_marks"
        constraints = [models.UniqueConstraint(fields=["tenant", "source"], name="figure_marks_one_each")]

    def __str__(self) -> str:
        return self.source
