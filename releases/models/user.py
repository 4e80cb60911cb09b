import uuid

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

SYSTEM_ID = uuid.UUID("5a9d6b5e-7e6c-4c0e-9a53-0d0f5c1b7a01")
SYSTEM_EMAIL = "system@rollbook.invalid"


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by e-mail, which is kept in lower case."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail; and the one row that stands for the system."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    full_name = models.CharField(max_length=150, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="user_email_in_lower_case"
            ),
            models.CheckConstraint(
                condition=~Q(id=SYSTEM_ID) | Q(is_active=False, email=SYSTEM_EMAIL),
                name="user_system_never_signs_in",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_system(self) -> bool:
        return self.id == SYSTEM_ID
