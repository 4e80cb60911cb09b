import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from releases.slugs.archive import Inspection
from releases.slugs.errors import SlugRefused
from releases.slugs.manifest import FileEntry, decode
from releases.slugs.sources import Source, open_source
from releases.slugs.tree import Layout
from tests.releases.slugs.archives import look
from tests.releases.slugs.repositories import commit, git, make_repository

ODD_TITLES = ["\u00e4\u65e5", "a  b", "tab\there", "quote\"'`$(x)", "-n"]


@dataclass
class Taken:
    source: Source
    inspection: Inspection

    @property
    def files(self) -> dict[str, FileEntry]:
        return {entry.path: entry for entry in decode(self.inspection.manifest)}


def take(path: Path, *, ref: str = "HEAD", since: str = "") -> Taken:
    with open_source(path, ref=ref, since=since) as source:
        return Taken(source, look(source.archive))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop")


def test_a_commit_comes_with_its_facts_under_app(repository: Path) -> None:
    sha = commit(repository, "Add a Procfile", Procfile="web: python app.py\n")

    taken = take(repository)

    assert taken.inspection.layout == Layout.HEROKU
    assert taken.inspection.process_types == {"web": "python app.py"}
    assert taken.files.keys() == {"Procfile", "app.py"}
    assert taken.files["app.py"].mode == 0o644
    assert taken.source.commit == sha
    assert taken.source.title == "Add a Procfile"
    assert taken.source.author == "Ada Lovelace <ada@example.com>"
    assert taken.source.committed_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert taken.source.warnings == []


def test_the_same_commit_gives_the_same_bytes(repository: Path, tmp_path: Path) -> None:
    here = take(repository)
    commit(repository, "Another")
    git(repository, "config", "tar.umask", "0077")
    git(tmp_path, "clone", "--quiet", str(repository), "clone")

    there = take(tmp_path / "clone", ref="HEAD~1")
    again = take(repository, ref=here.source.commit[:12])

    assert there.inspection.sha256 == again.inspection.sha256 == here.inspection.sha256


@pytest.mark.parametrize("ref", ["topic", "v1.0", "main~1", "main:", ""])
def test_a_ref_is_whatever_git_takes_for_a_commit(repository: Path, ref: str) -> None:
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "branch", "topic")
    git(repository, "tag", "--annotate", "v1.0", "--message", "Release")
    commit(repository, "Second")

    if ref in {"main:", ""}:
        with pytest.raises(SlugRefused, match="has no branch, tag or commit"):
            take(repository, ref=ref)
    else:
        assert take(repository, ref=ref).source.commit == first


@pytest.mark.parametrize(
    "ref", ["nope", "--all", "-h", "--output=x", "a..b", "x\0y", "$(id)", "\udcff"]
)
def test_an_unknown_ref_is_named_and_never_an_option(
    repository: Path, ref: str
) -> None:
    before = set(repository.iterdir())

    with pytest.raises(SlugRefused, match="has no branch, tag or commit"):
        take(repository, ref=ref)

    assert set(repository.iterdir()) == before


def test_the_commits_since_the_slug_before_come_newest_first(repository: Path) -> None:
    base = git(repository, "rev-parse", "HEAD")
    shas = [commit(repository, title) for title in ODD_TITLES]

    source = take(repository, since=base).source

    assert source.base_known
    assert source.commits_total == len(ODD_TITLES)
    assert [each.sha for each in source.commits] == shas[::-1]
    assert [each.title for each in source.commits] == ODD_TITLES[::-1]
    assert source.commits[0].stored() == {
        "sha": shas[-1],
        "title": "-n",
        "author": "Ada Lovelace <ada@example.com>",
    }


def test_the_same_commit_again_has_none_in_between(repository: Path) -> None:
    source = take(repository, since=git(repository, "rev-parse", "HEAD")).source

    assert (source.base_known, source.commits, source.commits_total) == (True, [], 0)


def test_a_merge_brings_the_commits_of_its_branch(repository: Path) -> None:
    base = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "--quiet", "-b", "topic")
    commit(repository, "On the branch")
    git(repository, "checkout", "--quiet", "main")
    git(repository, "merge", "--quiet", "--no-ff", "--message", "Merge it", "topic")

    source = take(repository, since=base).source

    assert {each.title for each in source.commits} == {"Merge it", "On the branch"}


@pytest.mark.parametrize("since", ["0" * 40, "nope", "--all", "HEAD^{tree}", ""])
def test_an_unknown_base_gives_no_commits(repository: Path, since: str) -> None:
    source = take(repository, since=since).source

    assert (source.base_known, source.commits, source.commits_total) == (False, [], 0)


def test_a_base_on_another_branch_gives_no_commits(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "topic")
    elsewhere = commit(repository, "Elsewhere")
    git(repository, "checkout", "--quiet", "main")
    commit(repository, "Here")

    assert not take(repository, since=elsewhere).source.base_known


def test_many_commits_are_counted_and_the_newest_are_listed(repository: Path) -> None:
    base = git(repository, "rev-parse", "HEAD")
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    stream = "".join(
        f"commit refs/heads/main\ncommitter A <a@b.c> {n} +0000\ndata 4\n{n:04}\n"
        + (f"from {base}\nM 040000 {tree} \n" if n == 0 else "")
        for n in range(600)
    )
    (repository / "stream").write_text(stream)
    git(repository, "config", "alias.import", "!git fast-import --quiet <stream")
    git(repository, "import")

    source = take(repository, since=base, ref="main").source

    assert source.commits_total == 600
    assert [each.title for each in source.commits][:2] == ["0599", "0598"]
    assert len(source.commits) == 500


def test_a_bare_repository_and_a_worktree_are_repositories(
    repository: Path, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare.git")
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "topic")
    in_tree = commit(tmp_path / "tree", "In the worktree")

    assert take(tmp_path / "bare.git").source.title == "First commit"
    assert take(tmp_path / "tree").source.commit == in_tree
    assert take(repository / ".git").source.title == "First commit"


def test_a_folder_inside_a_repository_is_a_folder(repository: Path) -> None:
    commit(repository, "Two folders", **{"api/app.py": "", "web/app.py": ""})

    taken = take(repository / "api")

    assert taken.source.commit == ""
    assert taken.files.keys() == {"app.py"}


def test_a_broken_repository_is_not_taken_for_the_one_around_it(
    repository: Path,
) -> None:
    (repository / "vendor" / ".git").mkdir(parents=True)

    with pytest.raises(SlugRefused, match=r"git cannot read .*vendor: not a git repo"):
        take(repository / "vendor")


def test_a_repository_without_commits_has_nothing_to_deploy(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")

    with pytest.raises(SlugRefused, match="has no commits yet"):
        take(tmp_path)


def test_what_is_not_in_the_archive_is_told(repository: Path, tmp_path: Path) -> None:
    make_repository(tmp_path / "library")
    git(
        repository,
        *("-c", "protocol.file.allow=always", "submodule", "--quiet", "add"),
        *(str(tmp_path / "library"), "vendor/library"),
    )
    commit(repository, "Use a library", **{"data/.gitattributes": "*.bin filter=lfs\n"})
    (repository / "app.py").write_text("print(2)\n")

    taken = take(repository)

    assert taken.source.warnings == [
        'Submodules are not included: "vendor/library".',
        "Files kept in Git LFS are included as pointers, not as their contents.",
        "Uncommitted changes are not included.",
    ]
    assert "vendor/library/app.py" not in taken.files


def test_only_changes_to_the_commit_that_is_checked_out_are_told(
    repository: Path,
) -> None:
    first = git(repository, "rev-parse", "HEAD")
    commit(repository, "Second")
    (repository / "new.py").touch()

    assert take(repository, ref=first).source.warnings == []
    assert take(repository).source.warnings == ["Uncommitted changes are not included."]


def test_a_shallow_clone_says_what_it_lacks(repository: Path, tmp_path: Path) -> None:
    base = git(repository, "rev-parse", "HEAD")
    commit(repository, "Second")
    origin = repository.as_uri()
    git(tmp_path, "clone", "--quiet", "--depth=1", origin, "clone")

    source = take(tmp_path / "clone", since=base).source

    assert not source.base_known
    (warning,) = source.warnings
    assert warning == (
        f"This clone is shallow, so the commits since {base[:7]} are not known;"
        " `git fetch --unshallow` gets them."
    )
    with pytest.raises(SlugRefused, match="This clone is shallow: it lacks older ones"):
        take(tmp_path / "clone", ref=base)


def test_nothing_that_a_repository_configures_is_run(
    repository: Path, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    run = f"touch {ran} && cat"
    commit(repository, "Filtered", **{".gitattributes": "*.py filter=evil ident\n"})
    for key, value in {
        "filter.evil.smudge": run,
        "filter.evil.clean": run,
        "filter.evil.process": run,
        "filter.evil.required": "true",
        "core.fsmonitor": run,
        "core.pager": run,
        "core.sshCommand": run,
        "tar.tar.command": run,
        "log.showSignature": "true",
        "gpg.program": run,
    }.items():
        git(repository, "config", key, value)
    ran.unlink(missing_ok=True)
    (repository / "app.py").write_text("print(2)\n")

    taken = take(repository, since=git(repository, "rev-parse", "HEAD~1"))

    assert not ran.exists()
    assert taken.files["app.py"].size == len("print(1)\n")
    assert taken.source.commits_total == 1


def test_a_filter_that_could_not_be_switched_off_is_refused(repository: Path) -> None:
    git(repository, "config", "filter.a=b.smudge", "cat")

    with pytest.raises(SlugRefused, match='git filter with "=" in its name'):
        take(repository)


def test_links_in_a_repository_are_kept_and_those_out_of_it_refused(
    repository: Path,
) -> None:
    (repository / "inside").symlink_to("app.py")
    commit(repository, "Link inside")
    inside = take(repository)
    (repository / "outside").symlink_to("/etc/passwd")
    commit(repository, "Link outside")

    assert inside.files["inside"].link == "app.py"
    with pytest.raises(SlugRefused, match=r'"\./app/outside" is a link that leaves'):
        take(repository)


def test_a_repository_that_lost_an_object_is_refused_half_way(repository: Path) -> None:
    commit(repository, "Large", **{"a.txt": "a" * 10, "z.txt": "z" * 10})
    blob = git(repository, "rev-parse", "HEAD:z.txt")
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    with pytest.raises(SlugRefused, match=r"git cannot read .*shop: "):
        take(repository)


def test_without_git_it_says_so(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SlugRefused, match="and git is not installed"):
        take(repository)


def test_a_repository_of_someone_else_says_how_to_trust_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only root can make one; so this is git's word for it, with its way of ending.
    real = shutil.which("git")
    stand_in = tmp_path / "bin" / "git"
    stand_in.parent.mkdir()
    stand_in.write_text(
        f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {real} "$@"\n'
    )
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(stand_in.parent), prepend=":")

    with pytest.raises(SlugRefused, match=r"add safe\.directory .*/shop$"):
        take(repository)


def test_the_archive_may_be_left_half_read(repository: Path) -> None:
    commit(repository, "Much", **{"much.txt": "\n".join(map(str, range(200_000)))})

    with open_source(repository) as source:
        assert source.archive.read(10)
