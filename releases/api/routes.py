"""What a route of the API is: method, path, view, and what a token needs for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from django.http import HttpRequest, HttpResponse

from releases.api.call import Answer
from releases.models import Token

Scope = Token.Scope
View = Callable[..., Answer]


class Need(Enum):
    """Which scopes of a token reach a route, after Heroku's OAuth scopes.

    Protected are releases and config vars: `read` and `write` do not reach them.
    Tokens are made and changed with global ones alone, so that none makes a wider one.
    """

    IDENTITY = frozenset(Scope)
    READ = frozenset(Scope) - {Scope.IDENTITY}
    READ_PROTECTED = READ - {Scope.READ, Scope.WRITE}
    WRITE = frozenset({Scope.GLOBAL, Scope.WRITE, Scope.WRITE_PROTECTED})
    WRITE_PROTECTED = frozenset({Scope.GLOBAL, Scope.WRITE_PROTECTED})
    ACCOUNT = frozenset({Scope.GLOBAL})


@dataclass(frozen=True)
class Route:
    """`path` is as Django writes them; its parameters are the view's.

    `by_password` answers instead of the view where e-mail and password are sent.
    """

    method: str
    path: str
    view: View
    need: Need
    by_password: Callable[[HttpRequest, str], Answer] | None = None


@dataclass(frozen=True)
class Methods:
    """What stands at a path: a route for each method. The entry calls them."""

    by_method: Mapping[str, Route]

    def __call__(self, _request: HttpRequest) -> HttpResponse:
        raise TypeError("Only the entry calls the API's views.")
