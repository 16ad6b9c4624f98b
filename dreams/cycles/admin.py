from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from dreams.cycles.models import (
    Dream,
    DreamBar,
    DreamCycle,
    DreamRating,
    DreamRun,
    DreamSetting,
    DreamWish,
    RegressionRequest,
)
from governance.admin_base import TenantAdmin


@admin.register(DreamCycle)
class DreamCycleAdmin(TenantAdmin):
    """Nights, to look at. They are planned and stopped on their pages."""

    list_display = ("cycle_id", "system", "state", "starts_at", "ended_at", "spent_usd")
    list_select_related = ("system",)
    list_filter = ("state",)
    search_fields = ("cycle_id", "system__name")
    ordering = ("-starts_at",)

    def in_app(self, obj: DreamCycle) -> str:
        return reverse("dreams:night", args=[obj.cycle_id])


@admin.register(Dream)
class DreamAdmin(TenantAdmin):
    """What was tried, to look at."""

    list_display = ("cycle_id", "number", "system_name", "said", "verdict", "promoted_to_production", "dreamed_at")
    list_filter = ("verdict", "origin", "promoted_to_production")
    search_fields = ("cycle_id", "system_name", "said")
    ordering = ("-dreamed_at", "number")

    def in_app(self, obj: Dream) -> str:
        return reverse("dreams:dream", args=[obj.cycle_id, obj.number])


@admin.register(DreamRun)
class DreamRunAdmin(TenantAdmin):
    """Single runs, to look at."""

    list_display = ("night", "dream", "request_key", "part", "ran_at")
    list_select_related = ("night", "dream")
    list_filter = ("part",)
    search_fields = ("request_key",)
    ordering = ("-ran_at",)
    # an answer may hold what somebody asked
    unread = ("ran",)

    def in_app(self, obj: DreamRun) -> str:
        return reverse("dreams:night", args=[obj.night.cycle_id])


@admin.register(DreamRating)
class DreamRatingAdmin(TenantAdmin):
    """Stars that people gave both answers, blind."""

    list_display = ("dream", "request_key", "normal_stars", "dream_stars", "rated_by", "rated_at")
    list_select_related = ("dream",)
    search_fields = ("request_key", "rated_by")
    ordering = ("-rated_at",)

    def in_app(self, obj: DreamRating) -> str:
        return reverse("dreams:compare", args=[obj.dream_id])


@admin.register(DreamWish)
class DreamWishAdmin(TenantAdmin):
    """What people asked to be tested."""

    list_display = ("system", "sentence", "asked_by", "asked_at", "withdrawn_at")
    list_select_related = ("system",)
    search_fields = ("system__name", "sentence")
    ordering = ("-asked_at",)

    def in_app(self, obj: DreamWish) -> str:
        return reverse("dreams:ask")


@admin.register(DreamBar)
class DreamBarAdmin(TenantAdmin):
    """What must never come again."""

    list_display = ("system", "because", "barred_by", "barred_at", "lifted_at")
    list_select_related = ("system",)
    search_fields = ("system__name", "because")
    ordering = ("-barred_at",)

    def in_app(self, obj: DreamBar) -> str:
        return reverse("dreams:barred")


@admin.register(RegressionRequest)
class RegressionRequestAdmin(TenantAdmin):
    """Requests that every night of a system tries."""

    list_display = ("system", "request_key", "added_by", "added_at", "removed_at")
    list_select_related = ("system",)
    search_fields = ("system__name", "request_key")
    ordering = ("-added_at",)

    def in_app(self, obj: RegressionRequest) -> str:
        return reverse("dreams:regression", args=[obj.system.name])


@admin.register(DreamSetting)
class DreamSettingAdmin(TenantAdmin):
    """How nights go. It is changed on its page."""

    list_display = ("is_on", "budget_usd", "most_candidates", "updated_at", "updated_by")

    def in_app(self, obj: DreamSetting) -> str:
        return reverse("dreams:settings")
