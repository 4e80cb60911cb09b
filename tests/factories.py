"""Plain functions that make valid rows, through the operations themselves.

Every argument a test does not care about has a default.
"""

import hashlib
import io
import itertools
import tarfile
from collections.abc import Mapping, Sequence

from django.utils import timezone

from releases.actors import Actor
from releases.models import Access, App, Process, Release, Rollout, Slug, Source, User
from releases.operations.change_config import change_config
from releases.operations.create_app import create_app
from releases.operations.create_user import create_user
from releases.operations.deploy import deploy
from releases.operations.give_access import give_access
from releases.operations.receive_slug import receive_slug

PASSWORD = "correct horse battery staple"
FILES = {"Procfile": "web: python app.py\n", "app.py": "print('hello')\n"}

_numbers = itertools.count(1)


def make_user(email: str = "", *, superuser: bool = False) -> User:
    return create_user(
        email=email or f"user{next(_numbers)}@example.com",
        password=PASSWORD,
        superuser=superuser,
        actor=Actor.system(),
    )


def acting(user: User, **through: str) -> Actor:
    return Actor(user=user, source=Source.CLI, **through)


def make_app(name: str = "", *, owner: User | None = None) -> App:
    owner = owner or make_user()
    return create_app(name=name or f"shop-{next(_numbers)}", actor=acting(owner))


def make_member(app: App, *permissions: str) -> Actor:
    """Return someone who may do just this with `app`."""
    user = make_user()
    give_access(
        app=app,
        user=user,
        permissions=permissions or [Access.Permission.VIEW],
        actor=Actor.system(),
    )
    return acting(user)


def archive(files: Mapping[str, str], *, top: str = "./app/") -> bytes:
    """Return a slug's bytes, the same ones for the same files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        for path, text in sorted(files.items()):
            member = tarfile.TarInfo(top + path)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    compressed = bytearray(packed.getvalue())
    compressed[4:8] = bytes(4)  # The gzip header's time.
    return bytes(compressed)


def make_slug(
    app: App,
    *,
    files: Mapping[str, str] | None = None,
    commit: str = "",
    commit_title: str = "Change something",
    base_commit: str = "",
    commits: Sequence[Mapping[str, str]] = (),
    actor: Actor | None = None,
) -> Slug:
    """Return a sealed slug of its own code, unless `files` say otherwise."""
    files = files or {**FILES, "version.txt": f"{next(_numbers)}\n"}
    return receive_slug(
        app=app,
        archive=io.BytesIO(archive(files)),
        commit=commit or hashlib.sha1(repr(files).encode()).hexdigest(),  # noqa: S324
        commit_title=commit_title,
        commit_author="Ada <ada@example.com>",
        base_commit=base_commit,
        commits=commits,
        actor=actor or Actor.system(),
    )


def make_deploy(app: App, **slug: Mapping[str, str] | None) -> Release:
    return deploy(
        app=app, slug=make_slug(app, files=slug.get("files")), actor=Actor.system()
    )


def make_config(app: App, *unset: str, **values: str) -> Release:
    release = change_config(app=app, set_vars=values, unset=unset, actor=Actor.system())
    assert release is not None
    return release


def make_process(app: App, process_type: str, number: int, **more: object) -> Process:
    """Return a process as the runtime notes one: of the current release, and up."""
    now = timezone.now()
    return Process.objects.create(
        **{
            "app": app,
            "release": app.current_release,
            "process_type": process_type,
            "number": number,
            "command": "serve",
            "state": Process.State.UP,
            "state_at": now,
            "created_at": now,
            **more,
        }
    )


def make_rollout(
    release: Release, step: Rollout.Step = Rollout.Step.WAITING, **more: object
) -> Rollout:
    """Return how far a release has come, as the runtime notes it."""
    return Rollout.objects.create(
        **{"release": release, "step": step, "step_at": timezone.now(), **more}
    )
