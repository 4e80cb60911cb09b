from django.core.management.base import CommandParser
from django.utils import timezone

from releases.actors import Actor
from releases.api.account_objects import authorization_object
from releases.management.console.command import ConsoleCommand
from releases.management.console.words import when
from releases.models import Token
from releases.queries import find_user, visible_tokens


class Command(ConsoleCommand):
    help = "List the tokens of someone that were not revoked, and their last use."
    example = "manage.py tokens ada@example.com"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="Whose tokens.")

    def handle(self, *, email: str, actor: Actor, **_: object) -> None:
        user = find_user(email)
        tokens = list(visible_tokens(user, actor=actor))
        if self.as_json:
            self.print_json([authorization_object(token) for token in tokens])
        elif not tokens:
            self.print(f"{user} has no tokens.")
        else:
            self.print_table(
                ("Name", "Begins", "Scopes", "Made (UTC)", "Expires", "Last used"),
                map(_row, tokens),
                shorten=("Name",),
            )


def _row(token: Token) -> tuple[str, ...]:
    use = getattr(token, "tokenuse", None)
    return (
        token.name,
        token.beginning,
        ", ".join(token.scopes),
        when(token.created_at),
        _expiry(token),
        f"{when(use.used_at)} from {use.ip or 'somewhere'}" if use else "never",
    )


def _expiry(token: Token) -> str:
    if token.expires_at is None:
        return "never"
    if token.expires_at <= timezone.now():
        return "expired"
    return f"{token.expires_at:%Y-%m-%d %H:%M}"
