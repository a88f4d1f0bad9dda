"""Lift tests are held against the names that the refresh may know, of whatever week."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd

from mmm_assets.inputs.checks import run_checks

THEN = datetime(2024, 1, 1, tzinfo=UTC)
EARLY = date(2023, 6, 5)


def broken(connection, config, known_on: datetime | None = None) -> set[str]:
    moment = known_on.replace(tzinfo=None) if known_on else None
    outcomes = run_checks(connection, config, EARLY, moment, roles=("media", "lift_tests"))
    return {f"{o.rule.table}.{o.rule.name}" for o in outcomes if not o.passed}


def write_test(small_project) -> None:
    test = {"channel": ["radio"], "x": [40], "delta_x": [9], "delta_y": [8], "sigma": [1]}
    pd.DataFrame(test).to_csv(small_project.folder / "lift.csv", index=False)
    small_project.content["tables"]["lift_tests"] = {"source": "lift.csv"}


def late_channel(small_project) -> pd.DataFrame:
    """A channel that is on air after the refresh week only."""
    media = small_project.media
    late = media[(media["channel"] == "tv") & (media["week"] > str(EARLY))]
    return late.assign(channel="radio")


def test_a_channel_that_begins_after_the_refresh_week_is_known(small_project, connection) -> None:
    write_test(small_project)
    small_project.media = pd.concat([small_project.media, late_channel(small_project)])
    assert "lift_tests.channels_known" not in broken(connection, small_project.load(connection))


def test_a_later_delivery_does_not_change_what_was_refused_then(small_project, connection) -> None:
    write_test(small_project)
    small_project.load(connection, THEN)
    small_project.media = pd.concat([small_project.media, late_channel(small_project)])
    config = small_project.load(connection, THEN + timedelta(days=7))
    assert "lift_tests.channels_known" not in broken(connection, config)
    assert "lift_tests.channels_known" in broken(connection, config, THEN + timedelta(days=1))


def test_the_configuration_may_name_a_channel_that_was_not_known_then(
    small_project, connection
) -> None:
    small_project.load(connection, THEN)
    small_project.media = pd.concat([small_project.media, late_channel(small_project)])
    small_project.content["budget"] = {"bounds": {"radio": [1, 1]}}
    config = small_project.load(connection, THEN + timedelta(days=7))
    assert "media.channels_configured" not in broken(connection, config, THEN + timedelta(days=1))
