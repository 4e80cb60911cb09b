import pytest

from releases.errors import OperationRefused
from releases.models import Activity, App, Release
from releases.operations.create_app import create_app
from tests.factories import acting, make_app, make_user

pytestmark = pytest.mark.django_db


def test_an_app_begins_with_v1_as_its_current_release() -> None:
    ada = make_user("ada@example.com")

    app = create_app(name="shop", actor=acting(ada))

    release = app.releases.get()
    assert (release.version, release.kind) == (1, Release.Kind.INITIAL)
    assert release.status == Release.Status.SUCCEEDED
    assert App.objects.get().current_release == release
    assert app.owner == ada


@pytest.mark.django_db(transaction=True)
def test_it_holds_when_the_transaction_commits() -> None:
    app = make_app("shop")

    assert Activity.objects.filter(app=app).count() == 1


@pytest.mark.parametrize("name", ["a", "New", "new", "-ab", "ab-", "a" * 31, "shop\n"])
def test_a_malformed_name_is_refused_and_nothing_is_made(name: str) -> None:
    ada = make_user()

    with pytest.raises(OperationRefused, match="An app's name has 3 to 30"):
        create_app(name=name, actor=acting(ada))

    assert not App.objects.exists()
