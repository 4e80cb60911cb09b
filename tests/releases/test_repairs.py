"""What rollbacks took back, of histories that are written down and of any."""

import uuid
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from releases.repairs import Rollback, repairs

APP = uuid.uuid4()


def taken_back(rollbacks: Mapping[int, int]) -> dict[int, list[int]]:
    """Return the versions each repair took back, of rollbacks and where they went."""
    newest_first = [
        Rollback(APP, version, target)
        for version, target in sorted(rollbacks.items(), reverse=True)
    ]
    return {
        repair.rollback.version: sorted(
            version
            for lower, upper in repair.stretches
            for version in range(lower + 1, upper)
        )
        for repair in repairs(newest_first)
    }


def test_a_rollback_took_back_all_between_its_target_and_itself() -> None:
    assert taken_back({5: 2}) == {5: [3, 4]}
    assert taken_back({}) == {}


def test_going_to_the_same_release_twice_takes_nothing_back_twice() -> None:
    assert taken_back({5: 2, 7: 2}) == {5: [3, 4], 7: [6]}


def test_what_was_gone_back_to_is_taken_back_by_going_further() -> None:
    assert taken_back({5: 3, 7: 2}) == {5: [4], 7: [3, 6]}


def test_a_rollback_after_which_one_went_forward_again_took_nothing_back() -> None:
    assert taken_back({5: 2, 6: 4}) == {6: [5]}


def test_going_back_to_the_rollback_itself_makes_it_stand_again() -> None:
    assert taken_back({5: 2, 6: 4, 7: 5}) == {5: [3, 4], 7: [6]}


@st.composite
def histories(draw: st.DrawFn) -> dict[int, int]:
    versions = draw(st.sets(st.integers(3, 30), max_size=12))
    return {version: draw(st.integers(1, version - 1)) for version in versions}


@given(histories())
def test_any_release_is_taken_back_once_if_a_rollback_that_stands_went_over_it(
    rollbacks: dict[int, int],
) -> None:
    # As `undone_by` has it: from the newest on, skipping those that were gone over.
    undone, floor = set[int](), 99
    for version, target in sorted(rollbacks.items(), reverse=True):
        if version <= floor:
            undone |= set(range(target + 1, version))
            floor = target

    found = [version for taken in taken_back(rollbacks).values() for version in taken]

    assert len(found) == len(set(found))
    assert set(found) - set(rollbacks) == undone - set(rollbacks)
