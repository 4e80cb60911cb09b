import pytest
from pytest_django import DjangoAssertNumQueries

from releases.actors import Actor
from releases.errors import NotFound
from releases.operations.deactivate_user import deactivate_user
from releases.operations.destroy_app import destroy_app
from releases.permissions import Action, allowed, granted
from releases.queries import open_app
from tests.factories import acting, make_app, make_member, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "permissions",
    [
        ("view",),
        ("view", "rollback"),
        ("view", "deploy"),
        ("view", "operate"),
        ("view", "manage"),
        ("view", "rollback", "operate"),
    ],
)
def test_it_tells_just_what_each_permission_allows(permissions: tuple[str]) -> None:
    app = make_app()
    member = make_member(app, *permissions)

    _, may = open_app(app.name, actor=member)

    assert may == allowed(granted(member, app))


def test_owners_and_superusers_may_do_all() -> None:
    app = make_app()

    for user in (app.owner, make_user(superuser=True)):
        assert open_app(app.name, actor=acting(user))[1] == set(Action)


def test_an_app_one_may_not_see_is_as_one_that_is_not_there() -> None:
    app = make_app()
    stranger = acting(make_user())
    left = make_member(app, "view")
    deactivate_user(user=left.user, actor=Actor.system())

    said = set()
    for name, actor in (
        (app.name, stranger),
        (app.name, left),
        ("no-such-app", acting(app.owner)),
    ):
        with pytest.raises(NotFound) as refused:
            open_app(name, actor=actor)
        said.add(str(refused.value).replace(name, ""))

    assert said == {"There is no app called ."}


def test_a_destroyed_app_is_not_there() -> None:
    app = make_app()
    destroy_app(app=app, confirm=app.name, actor=acting(app.owner))

    with pytest.raises(NotFound):
        open_app(app.name, actor=acting(app.owner))


def test_it_takes_one_statement_with_all_that_pages_say_of_an_app(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    app = make_app()
    member = make_member(app, "rollback")

    with django_assert_num_queries(1):
        opened, _ = open_app(app.name, actor=member)
        assert (opened.owner, opened.current_release.slug) == (app.owner, None)
