"""The exceptions that carry a sentence for the person who asked."""


class OperationRefused(Exception):
    """An operation changed nothing, and this sentence says why and what would help.

    `code` is for programs: stable, lower case, words joined by underscores.
    """

    code = "refused"

    def __init__(self, sentence: str, *, code: str = "") -> None:
        super().__init__(sentence)
        self.code = code or self.code


class NotFound(OperationRefused):
    """There is no such thing, or the actor may not know of it."""

    code = "not_found"


class NoSuchApp(NotFound):
    """There is no app of that name, or the actor may not know of it."""


class NotAllowed(OperationRefused):
    """The actor may see the thing, but may not do this to it."""

    code = "forbidden"


class Conflict(OperationRefused):
    """Something else stands in the way just now: another release, another person."""

    code = "conflict"
