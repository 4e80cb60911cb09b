"""Two-factor: who may turn it on and off, and codes that are used up."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from time_machine import Traveller, travel

from releases.actors import Actor
from releases.errors import NotAllowed, OperationRefused
from releases.models import Activity
from releases.operations.deactivate_user import deactivate_user
from releases.operations.two_factor import (
    make_recovery_codes,
    turn_off_two_factor,
    turn_on_two_factor,
    use_code,
)
from releases.two_factor import counter_of, two_factor_of
from tests.authenticator import PERIOD, SECRET, Phone, code_of, make_two_factor, wrong
from tests.factories import acting, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
SYSTEM = Actor.system()


@pytest.fixture
def ada() -> Actor:
    return acting(make_user("ada@example.com"))


@pytest.fixture
def phone(clock: Traveller, ada: Actor) -> Phone:
    """Two-factor that was turned on half a minute ago."""
    phone = make_two_factor(ada.user)
    clock.shift(PERIOD)
    return phone


def traces() -> tuple[int, list[dict[str, object]]]:
    return Activity.objects.count(), list(Authenticator.objects.values())


@pytest.mark.parametrize(
    ("time", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_234_567_890, "005924"),
        (20_000_000_000, "353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238(time: int, code: str) -> None:
    """Those of its appendix B, of which an app shows the last six digits."""
    with travel(time, tick=False):
        assert counter_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", code) == time // PERIOD


def test_turning_it_on_twice_is_refused(ada: Actor, phone: Phone) -> None:
    before = traces()

    with pytest.raises(OperationRefused, match="on already"):
        turn_on_two_factor(secret=SECRET, code=phone.code(), actor=ada)

    assert traces() == before


def test_a_wrong_code_turns_nothing_on(ada: Actor) -> None:
    before = traces()

    with pytest.raises(OperationRefused, match="not right"):
        turn_on_two_factor(secret=SECRET, code=wrong(code_of(SECRET)), actor=ada)

    assert traces() == before


def test_a_code_is_used_up_and_tells_when_it_was(ada: Actor, phone: Phone) -> None:
    before = Activity.objects.count()

    assert use_code(code=wrong(phone.code()), actor=ada) is None
    assert use_code(code=phone.code(), actor=ada)
    assert use_code(code=phone.code(), actor=ada) is None
    assert use_code(code=phone.code(later=1), actor=ada)
    assert use_code(code=phone.code(), actor=ada) is None

    state = two_factor_of(ada.user, actor=ada)
    assert state
    assert state.used_at
    assert state.used_at > state.since
    # What a code opens is recorded there.
    assert Activity.objects.count() == before


def test_every_recovery_code_is_good_once(ada: Actor, phone: Phone) -> None:
    for code in phone.recovery_codes:
        assert use_code(code=code, actor=ada)
        assert use_code(code=code, actor=ada) is None

    state = two_factor_of(ada.user, actor=ada)
    assert state
    assert state.codes_left == 0
    used = Activity.objects.filter(kind=Activity.Kind.RECOVERY_CODE_USED)
    assert [each.detail["left"] for each in used] == [*range(10)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["code of the app", "recovery code"])
def test_a_code_that_comes_twice_at_once_is_used_once(
    ada: Actor, phone: Phone, kind: str
) -> None:
    code = phone.recovery_codes[0] if kind == "recovery code" else phone.code()

    def use(_number: int) -> bool:
        try:
            return use_code(code=code, actor=ada) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as doors:
        assert sum(doors.map(use, range(4))) == 1


def test_the_codes_of_others_are_worth_nothing(phone: Phone) -> None:
    other = acting(make_user())

    for code in (phone.code(), phone.recovery_codes[0]):
        assert use_code(code=code, actor=other) is None


def test_who_is_deactivated_has_no_second_step(ada: Actor, phone: Phone) -> None:
    deactivate_user(user=ada.user, actor=SYSTEM)

    assert use_code(code=phone.code(), actor=ada) is None
    with pytest.raises(NotAllowed, match="is deactivated"):
        make_recovery_codes(actor=ada)


def test_only_oneself_and_superusers_see_it_and_turn_it_off(
    ada: Actor, phone: Phone
) -> None:
    bo, root = acting(make_user()), acting(make_user(superuser=True))

    with pytest.raises(NotAllowed, match="only superusers may"):
        turn_off_two_factor(user=ada.user, actor=bo)
    with pytest.raises(NotAllowed, match="only superusers may"):
        two_factor_of(ada.user, actor=bo)
    assert two_factor_of(ada.user, actor=root)
    turn_off_two_factor(user=ada.user, actor=root)

    activity = Activity.objects.get(kind=Activity.Kind.TWO_FACTOR_OFF)
    assert (activity.actor, activity.app) == (root.user, None)
    assert activity.detail == {"user": "ada@example.com"}
    assert two_factor_of(ada.user, actor=ada) is None
    assert use_code(code=phone.recovery_codes[0], actor=ada) is None


def test_what_is_off_has_nothing_to_turn_off_and_no_codes(ada: Actor) -> None:
    before = traces()

    with pytest.raises(OperationRefused, match="has no two-factor"):
        turn_off_two_factor(user=ada.user, actor=ada)
    with pytest.raises(OperationRefused, match="Turn two-factor on first"):
        make_recovery_codes(actor=ada)

    assert traces() == before
