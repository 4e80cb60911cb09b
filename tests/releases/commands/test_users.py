import io

import pytest

from releases.models import Activity, User
from releases.two_factor import has_two_factor
from tests.authenticator import make_two_factor
from tests.factories import PASSWORD, make_user
from tests.releases.commands.running import refusal, run, run_json, run_json_list

pytestmark = pytest.mark.django_db


def test_a_password_comes_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\r\nnot this\n"))

    text = run("create_user", "Ada@Example.com", "--superuser", "--name", "Ada L.")

    ada = User.objects.get(email="ada@example.com")
    assert text == "Created ada@example.com, a superuser.\n"
    assert ada.check_password(PASSWORD)
    assert (ada.is_superuser, ada.full_name) == (True, "Ada L.")


def test_a_password_is_made_up_and_shown_once() -> None:
    answer = run_json("create_user", "ada@example.com", "--generate")

    ada = User.objects.get(email="ada@example.com")
    assert ada.check_password(str(answer["password"]))
    assert not ada.is_superuser


def test_a_weak_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hunter2\n"))

    sentence = refusal("create_user", "ada@example.com")

    assert "too short" in sentence
    assert "hunter2" not in sentence
    assert not User.objects.filter(email="ada@example.com").exists()


def test_users_are_listed_for_superusers_only() -> None:
    root, ada = make_user(superuser=True), make_user("ada@example.com")
    run("deactivate_user", "ada@example.com")

    text = run("users", by=root)

    assert [line.split()[0] for line in text.splitlines()[1:]] == sorted(
        [root.email, "ada@example.com"]
    )
    assert text.splitlines()[1].split() == ["ada@example.com", "never", "deactivated"]
    assert len(run_json_list("users")) == 2
    assert "only superusers may" in refusal("users", by=make_user())
    assert ada.email in refusal("users", by=ada)


def test_who_is_deactivated_cannot_act() -> None:
    ada = make_user("ada@example.com")

    text = run("deactivate_user", "ada@example.com")

    assert text == "Deactivated ada@example.com.\n"
    assert refusal("apps", by=ada) == "ada@example.com is deactivated and cannot act."


def test_who_lost_the_phone_gets_in_by_password_again() -> None:
    ada = make_user("ada@example.com")
    make_two_factor(ada)

    assert "only superusers may" in refusal(
        "turn_off_two_factor", "ada@example.com", by=make_user()
    )
    text = run("turn_off_two_factor", "Ada@example.com")

    assert text == "Turned off two-factor of ada@example.com.\n"
    assert not has_two_factor(ada)
    activity = Activity.objects.get(kind=Activity.Kind.TWO_FACTOR_OFF)
    assert (activity.actor.is_system, activity.source) == (True, "system")
    assert refusal("turn_off_two_factor", "ada@example.com") == (
        "ada@example.com has no two-factor."
    )


def test_nobody_acts_in_the_name_of_a_stranger_or_of_the_system() -> None:
    assert refusal("apps", "--as", "who@example.com") == (
        "There is no user who@example.com."
    )
    assert refusal("apps", "--as", "system@rollbook.invalid").startswith(
        "There is no user"
    )


def test_djangos_own_way_to_an_account_points_to_ours() -> None:
    assert refusal("createsuperuser") == "Use manage.py create_user EMAIL --superuser."


def test_a_forgotten_password_is_set_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = make_user("ada@example.com")
    monkeypatch.setattr("sys.stdin", io.StringIO("correct-horse-9\n"))

    text = run("set_password", "Ada@example.com")

    ada.refresh_from_db()
    assert text == "Changed the password of ada@example.com.\n"
    assert ada.check_password("correct-horse-9")
    assert "set_password EMAIL" in refusal("changepassword")
