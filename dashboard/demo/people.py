"""Who acts in the story."""

from dataclasses import dataclass

from releases.actors import Actor
from releases.models import Source, User
from releases.operations.create_user import create_user


@dataclass(frozen=True)
class Person:
    """Someone, and the doors they come through. Addresses are those of documentation."""

    user: User
    address: str
    is_new: bool

    @property
    def web(self) -> Actor:
        return Actor(user=self.user, source=Source.WEB, ip=self.address)

    @property
    def cli(self) -> Actor:
        return self._by_token(Source.CLI, "laptop")

    @property
    def git(self) -> Actor:
        return self._by_token(Source.GIT, "git on my laptop")

    @property
    def api(self) -> Actor:
        return self._by_token(Source.API, "deploys of main")

    def _by_token(self, source: Source, name: str) -> Actor:
        return Actor(user=self.user, source=source, token_name=name, ip=self.address)


@dataclass(frozen=True)
class People:
    dana: Person
    priya: Person
    marek: Person
    jonas: Person
    ci: Person
    oncall: Person
    viewer: Person


FULL_NAMES = {
    "dana": "Dana Wolff",
    "priya": "Priya Raman",
    "marek": "Marek Nowak",
    "jonas": "Jonas Lind",
    "ci": "CI",
    "oncall": "On call",
    "viewer": "Viewer",
}


def make_people(password: str) -> People:
    """Give everybody an account with `password`. Who has one already keeps their own."""
    return People(
        **{
            name: _person(f"{name}@example.com", full_name, password, number)
            for number, (name, full_name) in enumerate(FULL_NAMES.items(), start=10)
        }
    )


def introduced(people: People, password: str) -> str:
    """Say who can sign in with `password`, for people to read once."""
    lines = [
        f"  {person.user.email:<19} {role}\n"
        for person, role in (
            (people.dana, "owns load-tester"),
            (people.priya, "deploys it"),
            (people.oncall, "may only roll it back"),
            (people.viewer, "may only look at it"),
        )
        if person.is_new
    ]
    return (
        "\nTo see the demo with other eyes, sign in as one of these in another browser. The\n"
        f"password of them all, shown this once, is {password}\n{''.join(lines)}"
    )


def _person(email: str, full_name: str, password: str, number: int) -> Person:
    known = User.objects.filter(email=email).first()
    user = known or create_user(
        email=email, password=password, full_name=full_name, actor=Actor.system()
    )
    return Person(user, f"192.0.2.{number}", is_new=known is None)
