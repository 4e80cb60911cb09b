"""Keeps an eye on what a browser says of the pages it shows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

# Chromium reports what the policy blocked in its own words; this says it in ours too.
TELL_OF_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
});
"""
LOUD = {"error", "warning", "assert"}


@dataclass
class Watch:
    """What went wrong in the pages of a test, and what of it the test meant to happen."""

    troubles: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.add_init_script(TELL_OF_VIOLATIONS)
        context.on("console", self._said)
        context.on("weberror", self._broke)
        context.on("requestfailed", self._failed)

    def expect(self, *patterns: str) -> None:
        """Allow trouble that matches a pattern; each has to come at least once."""
        self.expected.extend(patterns)

    def verdict(self) -> list[str]:
        """Return what came and should not have, and what should have and did not."""
        unexpected = [
            trouble
            for trouble in self.troubles
            if not any(re.search(pattern, trouble) for pattern in self.expected)
        ]
        missing = [
            f"did not come: {pattern}"
            for pattern in self.expected
            if not any(re.search(pattern, trouble) for trouble in self.troubles)
        ]
        return unexpected + missing

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in LOUD:
            place = message.location["url"]
            self.troubles.append(f"console {message.type}: {message.text} ({place})")

    def _broke(self, error: WebError) -> None:
        self.troubles.append(f"page error: {error.error}")

    def _failed(self, request: Request) -> None:
        # Leaving a page ends what it was still loading.
        if request.method == "GET" and request.failure == "net::ERR_ABORTED":
            return
        self.troubles.append(
            f"request failed: {request.method} {request.url} {request.failure}"
        )


@contextmanager
def watching() -> Iterator[Watch]:
    """Fail at the end if anything happened that was not expected."""
    watch = Watch()
    yield watch
    verdict = watch.verdict()
    assert not verdict, "\n".join(verdict)
