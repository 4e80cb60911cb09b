"""Random operations on several apps, against a plain model of what should come of them."""

import io
import itertools
from dataclasses import dataclass, field, replace

import pytest
from django.conf import settings
from django.test import override_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from releases.actors import Actor
from releases.errors import OperationRefused
from releases.models import App, Mark, Release, Slug
from releases.operations.attach_addon import attach_addon, detach_addon
from releases.operations.change_config import change_config
from releases.operations.deploy import deploy
from releases.operations.erase_value import erase_value
from releases.operations.hold_deploys import hold_deploys, resume_deploys
from releases.operations.keep_key import keep_key, unkeep_key
from releases.operations.mark_release import mark_release, unmark_release
from releases.operations.receive_slug import receive_slug
from releases.operations.roll_back import roll_back
from releases.operations.settle_release import settle_release
from releases.restoring import Scope
from releases.vault import open_vault
from releases.verification import verify_app
from tests.factories import archive, make_app, make_user

SYSTEM = Actor.system()
KEYS = ["A", "B", "C"]
APPS = 2
tokens = itertools.count(1)

apps = st.integers(0, APPS - 1)
codes = st.integers(0, 2)
versions = st.integers(1, 12)
keys = st.sampled_from(KEYS)
scopes = st.sampled_from(list(Scope))


@dataclass(frozen=True)
class Value:
    """A config value: what it is, whose it is, and which row it stands in."""

    text: str
    addon: str = ""
    row: int = field(default_factory=lambda: next(tokens))


Config = dict[str, Value]


@dataclass(frozen=True)
class Expected:
    """A release as it should be."""

    status: str
    code: int | None
    config: Config
    restores: int | None = None


@dataclass
class Model:
    """An app as it should be."""

    releases: list[Expected] = field(
        default_factory=lambda: [Expected("succeeded", None, {})]
    )
    current: int = 1
    kept: set[str] = field(default_factory=set)
    bad: set[int] = field(default_factory=set)
    addons: set[str] = field(default_factory=set)
    erased: set[int] = field(default_factory=set)
    held: bool = False

    @property
    def now(self) -> Expected:
        return self.releases[self.current - 1]

    @property
    def pending(self) -> int | None:
        found = [n for n, r in enumerate(self.releases, 1) if r.status == "pending"]
        return found[0] if found else None

    def append(
        self,
        code: int | None,
        config: Config,
        restores: int | None = None,
        *,
        settles: bool,
    ) -> None:
        # Nothing has to be waited for where there is nothing to run.
        settles = settles or code is None
        status = "succeeded" if settles else "pending"
        self.releases.append(Expected(status, code, config, restores))
        if settles:
            self.current = len(self.releases)

    def settle(self, version: int, status: str) -> None:
        self.releases[version - 1] = replace(self.releases[version - 1], status=status)
        if status == "succeeded":
            self.current = version

    def after_rollback(
        self, target: Expected, scope: Scope
    ) -> tuple[int | None, Config]:
        code = self.now.code if scope == Scope.CONFIG else target.code
        if scope == Scope.CODE:
            return code, self.now.config
        config = {
            key: value
            for key, value in self.now.config.items()
            if value.addon or key in self.kept
        }
        for key, value in target.config.items():
            if not value.addon and key not in self.kept:
                config.setdefault(key, value)
        return code, config

    def rollback_is_refused(self, version: int, scope: Scope) -> bool:
        if version > len(self.releases):
            return True
        target = self.releases[version - 1]
        if target.status != "succeeded" or version in self.bad:
            return True
        code, config = self.after_rollback(target, scope)
        if any(value.row in self.erased for value in config.values()):
            return True
        if code is None and self.now.code is not None:
            return True
        return code == self.now.code and texts(config) == texts(self.now.config)


def texts(config: Config) -> dict[str, str]:
    return {key: value.text for key, value in config.items()}


class Ledger(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        owner = make_user()
        self.apps = [make_app(owner=owner) for _ in range(APPS)]
        self.models = [Model() for _ in range(APPS)]
        self.slugs = [
            [self.receive(app, code) for code in range(3)] for app in self.apps
        ]
        self.settles = settings.RELEASES_SETTLE_AT_ONCE = True

    def receive(self, app: App, code: int) -> Slug:
        files = {"app.py": f"print({code})\n"}
        return receive_slug(
            app=app,
            archive=io.BytesIO(archive(files)),
            commit=f"{code:040x}",
            actor=SYSTEM,
        )

    @rule(at_once=st.booleans())
    def apps_run_here_or_not(self, at_once: bool) -> None:  # noqa: FBT001  # hypothesis passes by name
        self.settles = at_once
        settings.RELEASES_SETTLE_AT_ONCE = at_once

    @rule(which=apps, code=codes)
    def deploys(self, which: int, code: int) -> None:
        app, model = self.apps[which], self.models[which]
        marked = any(model.releases[version - 1].code == code for version in model.bad)
        refused = model.held or model.pending is not None or marked
        with expecting(refused=refused):
            deploy(app=app, slug=self.slugs[which][code], actor=SYSTEM)
        if not refused:
            model.append(code, model.now.config, settles=self.settles)

    @rule(
        which=apps,
        new=st.dictionaries(keys, st.sampled_from("xyz"), max_size=2),
        unset=st.sets(keys, max_size=2),
    )
    def changes_config(self, which: int, new: dict[str, str], unset: set[str]) -> None:
        app, model = self.apps[which], self.models[which]
        now = model.now.config
        owned = any(key in now and now[key].addon for key in {*new, *unset})
        refused = bool(set(new) & unset) or model.pending is not None or owned
        with expecting(refused=refused):
            change_config(app=app, set_vars=new, unset=unset, actor=SYSTEM)
        changed = {
            key: Value(text)
            for key, text in new.items()
            if key not in now or now[key].text != text
        }
        if not refused and (changed or unset & now.keys()):
            kept = {key: value for key, value in now.items() if key not in unset}
            model.append(model.now.code, kept | changed, settles=self.settles)

    @rule(which=apps, version=versions, scope=scopes)
    def rolls_back(self, which: int, version: int, scope: Scope) -> None:
        app, model = self.apps[which], self.models[which]
        refused = model.rollback_is_refused(version, scope)
        with expecting(refused=refused):
            roll_back(app=app, to=version, scope=scope, actor=SYSTEM)
        if not refused:
            code, config = model.after_rollback(model.releases[version - 1], scope)
            if model.pending:
                model.settle(model.pending, "failed")
            model.append(code, config, version, settles=self.settles)

    @rule(which=apps, succeeded=st.booleans())
    def settles_what_is_pending(self, which: int, succeeded: bool) -> None:  # noqa: FBT001  # hypothesis passes by name
        app, model = self.apps[which], self.models[which]
        if model.pending:
            release = app.releases.get(status="pending")
            settle_release(release=release, succeeded=succeeded, actor=SYSTEM)
            model.settle(model.pending, "succeeded" if succeeded else "failed")

    @rule(which=apps, name=st.sampled_from(["db", "redis"]), key=keys)
    def attaches(self, which: int, name: str, key: str) -> None:
        app, model = self.apps[which], self.models[which]
        name = f"{name}-{app.name}"
        refused = (
            model.pending is not None or key in model.now.config or name in model.addons
        )
        with expecting(refused=refused):
            attach_addon(
                app=app, plan="s:p", name=name, config_vars={key: "url"}, actor=SYSTEM
            )
        if not refused:
            model.addons.add(name)
            config = model.now.config | {key: Value("url", addon=name)}
            model.append(model.now.code, config, settles=True)

    @rule(which=apps, name=st.sampled_from(["db", "redis"]))
    def detaches(self, which: int, name: str) -> None:
        app, model = self.apps[which], self.models[which]
        name = f"{name}-{app.name}"
        refused = model.pending is not None or name not in model.addons
        with expecting(refused=refused):
            detach_addon(app=app, name=name, actor=SYSTEM)
        if not refused:
            model.addons.remove(name)
            config = {k: v for k, v in model.now.config.items() if v.addon != name}
            model.append(model.now.code, config, settles=True)

    @rule(which=apps, key=keys)
    def keeps_or_unkeeps(self, which: int, key: str) -> None:
        app, model = self.apps[which], self.models[which]
        (unkeep_key if key in model.kept else keep_key)(app=app, name=key, actor=SYSTEM)
        model.kept ^= {key}

    @rule(which=apps, version=versions)
    def marks_or_unmarks(self, which: int, version: int) -> None:
        app, model = self.apps[which], self.models[which]
        release = app.releases.filter(version=version).first()
        if release and version in model.bad:
            unmark_release(release=release, kind=Mark.Kind.BAD, actor=SYSTEM)
        elif release:
            mark_release(release=release, kind=Mark.Kind.BAD, reason="x", actor=SYSTEM)
        if release:
            model.bad ^= {version}

    @rule(which=apps)
    def holds_or_resumes(self, which: int) -> None:
        app, model = self.apps[which], self.models[which]
        if model.held:
            resume_deploys(app=app, actor=SYSTEM)
        else:
            hold_deploys(app=app, reason="x", actor=SYSTEM)
        model.held = not model.held

    @rule(which=apps, version=versions, key=keys)
    def erases(self, which: int, version: int, key: str) -> None:
        app, model = self.apps[which], self.models[which]
        release = app.releases.filter(version=version).first()
        if release is None:
            return
        value = model.releases[version - 1].config.get(key)
        used = [model.now] + (
            [model.releases[model.pending - 1]] if model.pending else []
        )
        rows = {
            other.row
            for past in model.releases
            for name, other in past.config.items()
            if value and name == key and other.text == value.text
        }
        refused = (
            value is None
            or rows <= model.erased
            or any(r.config.get(key, Value("")).text == value.text for r in used)
        )
        with expecting(refused=refused):
            erase_value(release=release, name=key, actor=SYSTEM)
        if not refused:
            model.erased |= rows

    @invariant()
    def releases_are_as_expected(self) -> None:
        for app, model, slugs in zip(self.apps, self.models, self.slugs, strict=True):
            found = list(app.releases.order_by("version").select_related("restores"))
            assert [release.version for release in found] == [
                number for number, _ in enumerate(model.releases, 1)
            ]
            assert [release.status for release in found] == [
                expected.status for expected in model.releases
            ]
            assert [slug_index(slugs, release) for release in found] == [
                expected.code for expected in model.releases
            ]
            assert [r.restores and r.restores.version for r in found] == [
                expected.restores for expected in model.releases
            ]
            current = App.objects.get(pk=app.pk).current_release
            assert current.version == model.current
            assert decrypted(app, current) == texts(model.now.config)

    def teardown(self) -> None:
        for app in self.apps:
            assert list(verify_app(app.pk)) == []


def slug_index(slugs: list[Slug], release: Release) -> int | None:
    return (
        None
        if release.slug_id is None
        else [s.pk for s in slugs].index(release.slug_id)
    )


def decrypted(app: App, release: Release) -> dict[str, str]:
    vault = open_vault(app)
    rows = app.config_vars.filter(pk__in=release.config_set.var_ids)
    return {var.name: vault.decrypt(var) for var in rows}


class expecting:  # noqa: N801  # reads as a word in a with statement
    """Expect a refusal, or none."""

    def __init__(self, *, refused: bool) -> None:
        self.refused = refused

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> bool:
        if kind is None:
            assert not self.refused, "was not refused"
            return False
        return self.refused and issubclass(kind, OperationRefused)


@pytest.mark.django_db(transaction=True)
def test_whatever_is_done_the_ledger_is_as_expected_and_verifies() -> None:
    with override_settings(RELEASES_SETTLE_AT_ONCE=True):
        run_state_machine_as_test(
            Ledger,
            settings=hypothesis_settings(
                max_examples=20,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
