from releases.management.console.tables import (
    aligned,
    columns_of,
    escaped,
    facts,
    printable,
    shortened,
)


def test_columns_are_aligned_also_with_wide_and_combining_characters() -> None:
    rows = [("App", "By"), ("日本語", "ada"), ("cafe\u0301", "bob"), ("😀", "eve")]

    lines = aligned(rows, columns=None).splitlines()

    assert [columns_of(line[: -len(line.split()[-1])]) for line in lines] == [8] * 4


def test_no_line_ends_in_blanks() -> None:
    text = aligned([("a", "b", ""), ("aaa", "", "c")], columns=None)

    assert text.splitlines() == ["a    b", "aaa     c"]


def test_the_widest_column_gives_way_to_a_narrow_terminal() -> None:
    rows = [("v12", "Set " + "A, " * 50 + "Z config vars", "ada@example.com")]

    [line] = aligned(rows, columns=60, shorten=(1, 2)).splitlines()

    assert columns_of(line) == 60
    assert line.startswith("v12  Set A, A")
    assert line.endswith(",…   ada@example.com")


def test_a_terminal_too_narrow_for_anything_still_gets_every_column() -> None:
    rows = [("v12", "a" * 40, "b" * 40, "c" * 20)]

    [line] = aligned(rows, columns=10, shorten=(1, 2)).splitlines()

    assert line == f"v12  {'a' * 11}…  {'b' * 11}…  {'c' * 20}"


def test_without_a_terminal_nothing_is_shortened() -> None:
    assert aligned([("x" * 500, "y")], columns=None) == f"{'x' * 500}  y"


def test_shortening_never_splits_a_wide_character() -> None:
    assert shortened("日本語", 4) == "日…"
    assert shortened("日本語", 6) == "日本語"


def test_what_a_terminal_would_obey_is_shown_harmless() -> None:
    hostile = "ok\x1b[2J\x9b1m\u202etxt.exe\r\nnext\tcell\0"

    shown = printable(hostile)

    assert shown == "ok\ufffd[2J\ufffd1m\ufffdtxt.exe  next cell\ufffd"
    assert columns_of(shown) == len(shown)


def test_a_value_is_escaped_so_that_one_can_see_what_it_is() -> None:
    assert escaped("a  b\nc\t\x1b é\u202e") == "a  b\\nc\\t\\x1b é\\u202e"
    assert escaped(r"a\nb") == r"a\\nb" != escaped("a\nb")


def test_facts_leave_out_what_is_empty() -> None:
    text = facts([("Status", "current"), ("Reason", ""), ("By", "ada")])

    assert text.splitlines() == ["Status  current", "By      ada"]
