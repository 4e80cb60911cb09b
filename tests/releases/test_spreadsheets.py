from releases.spreadsheets import csv_lines


def test_lines_come_one_by_one_and_end_as_csv_does() -> None:
    lines = csv_lines(["a", "b"], [["ü", 1], ['"x", y', None]])

    assert [*lines] == ["\ufeffa,b\r\n", "ü,1\r\n", '"""x"", y",\r\n']


def test_numbers_stay_numbers_and_text_is_never_a_formula() -> None:
    _, line, other = csv_lines(["a"], [[-1], ["-1"]])

    assert (line, other) == ("-1\r\n", "'-1\r\n")
