"""Config values on pages: masked, but in the answer to revealing one."""

from dataclasses import dataclass

from releases.actors import Actor
from releases.errors import NotAllowed, NotFound, OperationRefused
from releases.models import Release
from releases.operations.reveal_config import reveal_config


@dataclass(kw_only=True)
class Masked:
    """The value of a key in a release; the value itself only where it was just revealed.

    `is_asked` where it is this one that was to be revealed or hidden.
    """

    release: Release
    name: str
    can_reveal: bool
    is_asked: bool = False
    value: str | None = None
    refusal: str = ""

    @property
    def is_revealed(self) -> bool:
        return self.value is not None

    def reveal(self, actor: Actor) -> None:
        """Reveal it, on record; or note why not."""
        release = self.release
        try:
            self.value = reveal_config(
                app=release.app, actor=actor, names=[self.name], release=release
            )[self.name]
        except (NotAllowed, NotFound):
            raise
        except OperationRefused as refusal:
            self.refusal = str(refusal)
