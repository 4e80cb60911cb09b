"""Who acts, through what, and from where: what every write is attributed to."""

import ipaddress
from dataclasses import dataclass, field

from releases.models import SYSTEM_EMAIL, SYSTEM_ID, Source, User


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A user, and the door they came through.

    `ip` is the address of the client, `request_id` what ties the act to a log line.
    """

    user: User
    source: Source
    token_name: str = ""
    ip: str | None = None
    request_id: str = field(default="")

    def __post_init__(self) -> None:
        if self.ip is not None:
            # The chain covers the address as PostgreSQL will give it back.
            object.__setattr__(self, "ip", str(ipaddress.ip_address(self.ip)))

    def __str__(self) -> str:
        return self.user.email

    @classmethod
    def system(cls) -> "Actor":
        """The system itself: a command on the host that names nobody, a runtime."""
        system = User(id=SYSTEM_ID, email=SYSTEM_EMAIL, is_active=False)
        return cls(user=system, source=Source.SYSTEM)


def who(email: str) -> str:
    """Name a person, or the system, whose address nobody has to read."""
    return "system" if email == SYSTEM_EMAIL else email
