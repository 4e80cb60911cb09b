"""How a test opens a browser."""

from typing import Protocol

from playwright.sync_api import Page

from releases.models import User


class Visit(Protocol):
    """Opens an empty page in a browser of its own, of `user` if one is signed in there."""

    def __call__(
        self,
        user: User | None = None,
        *,
        javascript: bool = True,
        width: int = 1280,
        height: int = 900,
    ) -> Page: ...
