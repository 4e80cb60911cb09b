from pathlib import Path

import pytest
from django.core.management import call_command

from releases.models import App, Slug
from releases.slugs import storage
from tests.factories import archive, make_app, make_deploy, make_member
from tests.releases.commands.running import refusal, run, run_json
from tests.repositories import Repository, make_repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    return make_app("shop")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "shop")


def test_a_repository_is_deployed_with_its_commits(
    app: App, repository: Repository
) -> None:
    first = repository.commit("Say hello", {"app.py": "1", "Procfile": "web: a\n"})
    run("deploy", "shop", repository.path)
    repository.commit("Say more", {"app.py": "2"})
    last = repository.commit("Say it twice", {"app.py": "22", "new.py": ""})

    text = run("deploy", "shop", repository.path, "--reason", "asked for")

    slug = Slug.objects.get(commit=last)
    title, code, config, size = text.splitlines()
    assert title == f"Deploy {last[:7]}: v3 is current."
    assert code == (
        f"  Code    {first[:7]} to {last[:7]}, 2 commits added, 2 files differ"
    )
    assert config == "  Config  stays as it is"
    assert size.startswith("  Slug    ")
    assert slug.commit_title == "Say it twice"
    assert slug.commit_author == "Ada <ada@example.com>"
    assert [each["title"] for each in slug.commits] == ["Say it twice", "Say more"]


def test_any_ref_is_deployed(app: App, repository: Repository) -> None:
    first = repository.commit("Say hello", {"app.py": "1"})
    repository.git("tag", "v1.0")
    repository.commit("Say more", {"app.py": "2"})

    answer = run_json("deploy", "shop", repository.path, "--ref", "v1.0")

    assert answer["commit"] == first
    assert refusal("deploy", "shop", repository.path, "--ref", "nope").endswith(
        'has no branch, tag or commit "nope".'
    )


def test_the_first_deploy_says_so(app: App, repository: Repository) -> None:
    commit = repository.commit(
        "Say hello", {"app.py": "1", "a/migrations/0001_a.py": ""}
    )

    text = run("deploy", "shop", repository.path)

    assert f"  Code    {commit[:7]}, the first, 2 files\n" in text
    assert "Note" not in text


def test_new_migrations_are_named(app: App, repository: Repository) -> None:
    repository.commit("Begin", {"manage.py": "", "shop/migrations/__init__.py": ""})
    run("deploy", "shop", repository.path)
    repository.commit("Add a table", {"shop/migrations/0001_initial.py": ""})

    text = run("deploy", "shop", repository.path)

    assert (
        "  Note    1 Django migration is in v3 and not in v2: shop/0001_initial" in text
    )


def test_a_folder_and_a_tarball_are_deployed(app: App, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text("<h1>Hello</h1>")
    tarball = tmp_path / "site.tar.gz"
    tarball.write_bytes(archive({"index.html": "<h1>Bye</h1>"}))

    first = run_json("deploy", "shop", folder)
    second = run_json("deploy", "shop", tarball)

    assert (first["version"], first["commit"]) == (2, None)
    assert (second["version"], second["commit"]) == (3, None)
    [change] = Slug.objects.filter(releases__version=3).values_list(
        "blob_id", flat=True
    )
    assert storage.verify(change)


def test_the_exact_bytes_come_back(app: App, tmp_path: Path) -> None:
    tarball, target = tmp_path / "in.tar.gz", tmp_path / "out.tar.gz"
    tarball.write_bytes(archive({"index.html": "<h1>Hello</h1>"}))
    run("deploy", "shop", tarball)

    text = run("slug", "shop", "v2", "--output", target)

    assert target.read_bytes() == tarball.read_bytes()
    assert text.endswith("the SHA-256 is right.\n")
    assert [each.name for each in tmp_path.iterdir()] == ["in.tar.gz", "out.tar.gz"]


def test_the_bytes_go_to_standard_output_too(
    app: App, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    tarball = tmp_path / "in.tar.gz"
    tarball.write_bytes(archive({"index.html": "<h1>Hello</h1>"}))
    run("deploy", "shop", tarball)

    call_command("slug", "shop", "--output", "-")

    assert capfdbinary.readouterr() == (tarball.read_bytes(), b"")


def test_a_file_is_written_over_only_by_force(app: App, tmp_path: Path) -> None:
    make_deploy(app)
    target = tmp_path / "out.tar.gz"
    target.write_bytes(b"precious")

    assert refusal("slug", "shop", "--output", target).endswith(
        "--force writes over it."
    )
    assert refusal("slug", "shop", "--output", "/dev/null", "--force") == (
        "/dev/null is no file."
    )
    assert target.read_bytes() == b"precious"
    run("slug", "shop", "--output", target, "--force")
    assert target.read_bytes()[:2] == b"\x1f\x8b"


def test_bytes_that_were_changed_in_the_store_are_not_given_out(
    app: App, tmp_path: Path
) -> None:
    slug = make_deploy(app).slug
    assert slug
    assert slug.blob
    tampered = tmp_path / "tampered"
    tampered.write_bytes(b"tampered with")
    storage.store(tampered, slug.blob.pk)

    sentence = refusal("slug", "shop", "--output", tmp_path / "out.tar.gz")

    assert "are not the ones that were received" in sentence
    assert [*tmp_path.iterdir()] == []


def test_a_release_without_code_has_no_slug(app: App) -> None:
    assert refusal("slug", "shop", "v1") == "v1 of shop has no code."


def test_code_is_shown_without_being_fetched(app: App) -> None:
    make_deploy(app)

    text = run("slug", "shop")

    assert "Runs web  python app.py\n" in text
    assert "SHA-256   " in text


def test_a_viewer_gets_code_back_but_deploys_nothing(app: App, tmp_path: Path) -> None:
    make_deploy(app)
    viewer = make_member(app).user

    assert run("slug", "shop", "--output", tmp_path / "out", by=viewer)
    assert "permission" in refusal("deploy", "shop", tmp_path, by=viewer)


def test_bad_code_takes_an_override(app: App, repository: Repository) -> None:
    repository.commit("Say hello", {"app.py": "1"})
    run("deploy", "shop", repository.path)
    run("mark", "shop", "v2", "bad", "--reason", "slow")

    refused = refusal("deploy", "shop", repository.path)
    assert refused.endswith("to deploy all the same. (--override passes this.)")
    assert run("deploy", "shop", repository.path, "--override")


def test_held_deploys_are_refused_with_the_reason(app: App, tmp_path: Path) -> None:
    (tmp_path / "index.html").touch()
    run("hold", "shop", "--reason", "an incident")

    assert refusal("deploy", "shop", tmp_path).endswith("an incident")
    # Asked before the source is packed and stored for nothing.
    assert not app.slugs.exists()
    assert run("hold", "shop", "--resume") == "shop takes deploys.\n"
    assert run("deploy", "shop", tmp_path)


def test_a_hostile_archive_is_refused_and_leaves_no_release(
    app: App, tmp_path: Path
) -> None:
    hostile = tmp_path / "hostile.tar.gz"
    hostile.write_bytes(archive({"../../etc/passwd": "root"}))

    sentence = refusal("deploy", "shop", hostile)

    assert "etc/passwd" in sentence
    assert app.releases.count() == 1
