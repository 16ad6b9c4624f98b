from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from governance.ids import new_id
from governance.rows import TenantRow, reference
from governance.scope import Role


class UserManager(BaseUserManager["User"]):
    """The factory of users; e-mail addresses are stored in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(id=new_id(timezone.now()), email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(force_insert=True)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in by e-mail address. Global: one person may belong to several tenants.

    There are no Django permissions: what a person may do follows from the roles of a membership (`governance.scope`).
    """

    id = models.UUIDField(primary_key=True, editable=False)
    email = models.EmailField("e-mail address", unique=True)
    name = models.TextField(default="", blank=True)
    time_zone = models.TextField(default="UTC")
    is_active = models.BooleanField(default=True)
    is_platform_staff = models.BooleanField(default=False, editable=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        db_table = "users"
        constraints = [models.UniqueConstraint(Lower("email"), name="users_email_lower")]

    def __str__(self) -> str:
        return self.name or self.email

    # The admin asks these three; `governance.admin_site` narrows them to the tenant admin role of the request's tenant.
    @property
    def is_staff(self) -> bool:
        return self.is_active

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False


class Membership(TenantRow):
    """A user's roles in a tenant."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    roles = ArrayField(models.TextField(choices=[(role.value, role.label) for role in Role]))
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    guide_hidden_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        db_table = "memberships"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="memberships_one_each"),
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=[role.value for role in Role]) & ~models.Q(roles=[]),
                name="memberships_known_roles",
            ),
        ]
        indexes = [models.Index(fields=["user"], name="memberships_user")]

    def __str__(self) -> str:
        return f"{self.user} ({', '.join(Role(role).label for role in self.roles)})"


class Deputy(TenantRow):
    """`deputy` may decide with `role` in place of `principal` from `starts_at` until `ends_at`."""

    principal = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.TextField(choices=[(role.value, role.label) for role in Role])
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    registered_by = models.TextField()
    membership = reference("governance.Membership")

    class Meta:
        db_table = "deputies"
        verbose_name_plural = "deputies"
        constraints = [
            models.CheckConstraint(condition=~models.Q(principal=models.F("deputy")), name="deputies_other_person"),
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="deputies_interval"),
        ]


class Invitation(TenantRow):
    """An e-mail address asked to join with roles. Only the hash of the link's secret is stored."""

    email = models.EmailField()
    name = models.TextField(default="", blank=True)
    roles = ArrayField(models.TextField(choices=[(role.value, role.label) for role in Role]))
    secret_hash = models.BinaryField(max_length=32)
    invited_by = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "invitations"
        constraints = [
            models.UniqueConstraint(fields=["secret_hash"], name="invitations_secret"),
            models.UniqueConstraint(
                fields=["tenant", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitations_one_open",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "-id"], name="invitations_recent")]
