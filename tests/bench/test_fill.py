import pytest
from django.db import connection

from releases.actors import Actor
from releases.models import App, Release, Source
from releases.operations.change_config import change_config
from releases.operations.roll_back import roll_back
from releases.verification import verify_app
from tests.bench.fill import (
    LARGE,
    SIZES,
    SMALL,
    WIDE,
    WIDE_CONFIG_VARS,
    fill,
    plots,
    share,
)

RELEASES = 500


def faults() -> list[str]:
    apps = App.objects.values_list("pk", flat=True)
    return [str(fault) for app in apps for fault in verify_app(app)]


def switched_off() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled = 'D'")
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_a_filled_database_is_one_that_the_operations_might_have_made() -> None:
    fill(RELEASES, processes=1)

    assert Release.objects.count() == RELEASES
    assert App.objects.get(name=LARGE).last_version == RELEASES // 10
    assert App.objects.filter(last_version=SMALL).exists()
    config_set = App.objects.get(name=WIDE).current_release.config_set
    assert len(config_set.var_ids) == WIDE_CONFIG_VARS
    assert faults() == []
    assert switched_off() == []


@pytest.mark.django_db(transaction=True)
def test_the_operations_go_on_from_a_filled_database() -> None:
    fill(RELEASES, processes=1)
    app = App.objects.get(name=WIDE)
    actor = Actor(user=app.owner, source=Source.CLI)
    before = app.last_version

    changed = change_config(app=app, set_vars={"SETTING_007": "new"}, actor=actor)
    back = roll_back(app=app, to=before, actor=actor)

    assert changed is not None
    assert (changed.version, back.version) == (before + 1, before + 2)
    assert back.config_set == app.releases.get(version=before).config_set
    assert faults() == []


def test_shares_are_all_there_is_and_about_as_long() -> None:
    all_plots = plots(100 * RELEASES)

    shares = [share(all_plots, part, 3) for part in range(3)]

    names = [plot.name for each in shares for plot in each]
    assert sorted(names) == sorted(plot.name for plot in all_plots)
    lengths = [sum(plot.releases for plot in each) for each in shares]
    assert max(lengths) - min(lengths) < max(SIZES)
