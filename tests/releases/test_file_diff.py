"""How one file differs between two releases."""

import pytest

from releases.errors import NotFound
from releases.file_diff import MOST_BYTES, FileDiff, file_diff
from releases.models import App, Blob
from releases.slugs.storage import delete_blob
from tests.factories import acting, make_app, make_deploy, make_user

pytestmark = pytest.mark.django_db
OLD = {"same.txt": "s", "app.py": "one\ntwo\nthree\n", "gone.txt": "x\ny"}
NEW = {"same.txt": "s", "app.py": "one\n2\nthree\nfour\n", "new.txt": "z"}


@pytest.fixture
def app() -> App:
    """v2 has OLD, v3 has NEW."""
    app = make_app("shop")
    for files in (OLD, NEW):
        make_deploy(app, files=files)
    return app


def diff(app: App, path: str, old: int = 2, new: int = 3) -> FileDiff:
    return file_diff(app=app, old=old, new=new, path=path, actor=acting(app.owner))


def told(found: FileDiff) -> list[tuple[str, int | None, int | None, str]]:
    return [(line.kind, line.old, line.new, line.text) for line in found.lines]


def test_lines_come_with_their_numbers_before_and_after(app: App) -> None:
    found = diff(app, "app.py")

    assert told(found) == [
        ("hunk", None, None, "@@ -1,3 +1,4 @@"),
        ("ctx", 1, 1, "one"),
        ("del", 2, None, "two"),
        ("add", None, 2, "2"),
        ("ctx", 3, 3, "three"),
        ("add", None, 4, "four"),
    ]
    assert (found.added, found.removed) == (2, 1)


def test_the_other_direction_is_the_other_way_round(app: App) -> None:
    found = diff(app, "app.py", old=3, new=2)

    assert (found.added, found.removed) == (1, 2)


def test_a_file_may_be_in_one_of_them_alone(app: App) -> None:
    assert [line.kind for line in diff(app, "gone.txt").lines[1:]] == ["del", "del"]
    assert diff(app, "new.txt").added == 1
    assert diff(app, "new.txt", old=1).added == 1
    with pytest.raises(NotFound, match="has a file nothing"):
        diff(app, "nothing.txt")


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ("a\0b", "It is not text"),
        ("x" * (MOST_BYTES + 1), "more than 256 KiB"),
        ("x\n" * 6_000, "more than 5,000 lines"),
        ("s", "It is the same in both."),
        ("s\n", "The line break at its end alone differs."),
    ],
)
def test_what_is_not_shown_as_lines_says_why(
    app: App, contents: str, words: str
) -> None:
    make_deploy(app, files={**NEW, "same.txt": contents})

    found = diff(app, "same.txt", old=3, new=4)

    assert words in found.words
    assert not found.lines


def test_code_that_is_gone_says_so(app: App) -> None:
    slug = app.releases.get(version=2).slug
    assert slug
    assert slug.blob
    Blob.objects.filter(pk=slug.blob.pk).update(deleted_at=slug.sealed_at)
    delete_blob(slug.blob.pk)

    assert "not stored any more" in diff(app, "app.py").words


def test_a_long_line_is_cut(app: App) -> None:
    make_deploy(app, files={**NEW, "app.py": "y" * 2_000})

    [line] = [line for line in diff(app, "app.py", 3, 4).lines if line.kind == "add"]
    assert len(line.text) == 501


def test_a_stranger_sees_none(app: App) -> None:
    with pytest.raises(NotFound):
        file_diff(app=app, old=2, new=3, path="app.py", actor=acting(make_user()))
