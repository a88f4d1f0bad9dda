from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import panel_fingerprint, read_panel
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.inputs.weekly_kpi import newest_week, weeks_available
from mmm_model.panel import Panel


def week(number: int) -> str:
    return str((pd.Timestamp("2023-01-02") + pd.Timedelta(weeks=number)).date())


LAST = date.fromisoformat(week(39))


def build(small_project, connection, refresh_week: date = LAST) -> Panel:
    config = small_project.load(connection)
    build_panel_tables(connection, config, refresh_week)
    return read_panel(connection, config, refresh_week)


def test_the_panel_holds_what_was_delivered(small_project, connection) -> None:
    panel = build(small_project, connection)
    assert panel.regions == ("north", "south", "west")
    assert panel.channels == ("search", "tv")
    assert panel.controls == ("price",)
    assert [str(day.date()) for day in panel.weeks] == [week(n) for n in range(40)]
    assert panel.observed.all()
    sales = small_project.kpi.pivot(index="region", columns="week", values="sales").to_numpy()
    np.testing.assert_allclose(panel.kpi, sales)
    for column, array in (("spend", panel.spend), ("impressions", panel.exposure)):
        media = small_project.media.pivot(
            index=["region", "week"], columns="channel", values=column
        )
        np.testing.assert_allclose(array.reshape(120, 2), media.to_numpy())
    assert (panel.value_per_kpi == 2.5).all()
    price = small_project.controls.pivot(index="region", columns="week", values="price")
    np.testing.assert_allclose(panel.control[:, :, 0], price.to_numpy())


def test_the_order_of_rows_does_not_matter(small_project, connection) -> None:
    plain = panel_fingerprint(build(small_project, connection))
    small_project.kpi = small_project.kpi.sample(frac=1, random_state=1)
    small_project.media = small_project.media.sample(frac=1, random_state=2)
    assert panel_fingerprint(build(small_project, connection)) == plain
    small_project.kpi.iloc[0, 2] += 1
    assert panel_fingerprint(build(small_project, connection)) != plain


def test_later_weeks_are_invisible(small_project, connection) -> None:
    early = date.fromisoformat(week(30))
    before = build(small_project, connection, early)
    assert len(before.weeks) == 31
    late = small_project.kpi["week"] > week(30)
    small_project.kpi.loc[late, "sales"] = 0
    small_project.media.loc[small_project.media["week"] > week(30), "spend"] = 1e9
    small_project.controls.loc[late, "price"] = 77
    assert panel_fingerprint(build(small_project, connection, early)) == panel_fingerprint(before)


def test_other_refresh_weeks_stay(small_project, connection) -> None:
    config = small_project.load(connection)
    early = date.fromisoformat(week(30))
    build_panel_tables(connection, config, early)
    kept = panel_fingerprint(read_panel(connection, config, early))
    build_panel_tables(connection, config, LAST)
    build_panel_tables(connection, config, LAST)
    assert panel_fingerprint(read_panel(connection, config, early)) == kept
    with pytest.raises(LookupError, match="materialise panel"):
        read_panel(connection, config, LAST - timedelta(weeks=1))


def test_a_restated_value_wins_and_a_partial_delivery_keeps_the_rest(
    small_project, connection
) -> None:
    build(small_project, connection)
    whole = small_project.kpi
    restated = whole[whole["week"] >= week(37)].copy()
    restated["sales"] = 5000.0
    small_project.kpi = restated
    panel = build(small_project, connection)
    assert (panel.kpi[:, 37:] == 5000).all()
    np.testing.assert_allclose(panel.kpi[0, :37], whole["sales"][:37])


def test_a_row_that_is_gone_from_a_new_delivery_is_gone(small_project, connection) -> None:
    extra = small_project.kpi.iloc[[5]].assign(region="typo")
    clean = small_project.kpi
    small_project.kpi = pd.concat([clean, extra])
    assert "typo" in build(small_project, connection).regions
    small_project.kpi = clean
    assert "typo" not in build(small_project, connection).regions


def test_rows_of_a_source_that_is_no_longer_configured_do_not_count(
    small_project, connection
) -> None:
    build(small_project, connection)
    small_project.write()
    (small_project.folder / "kpi.csv").rename(small_project.folder / "right.csv")
    small_project.kpi["region"] = "wrong"
    small_project.content["tables"]["kpi"]["source"] = "right.csv"
    assert build(small_project, connection).regions == ("north", "south", "west")


def test_missing_weeks_are_masked(small_project, connection) -> None:
    west = small_project.kpi["region"] == "west"
    late_start = west & (small_project.kpi["week"] < week(5))
    gap = west & (small_project.kpi["week"] == week(20))
    unknown = west & (small_project.kpi["week"] == week(30))
    small_project.kpi.loc[unknown, "sales"] = np.nan
    small_project.kpi = small_project.kpi[~(late_start | gap)]
    panel = build(small_project, connection)
    hidden = [*range(5), 20, 30]
    assert np.flatnonzero(~panel.observed[2]).tolist() == hidden
    assert (panel.kpi[2, hidden] == 0).all()
    assert panel.observed[:2].all()


@pytest.mark.parametrize(
    ("zero_kpi", "level", "masked"),
    [("auto", 1.0, True), ("auto", 0.01, False), ("missing", 0.01, True), ("zero", 1.0, False)],
)
def test_zeros_that_cannot_be_are_outages(
    small_project, connection, zero_kpi: str, level: float, masked: bool
) -> None:
    """Where small values are usual (level 0.01 in a third of the weeks), 0 is believed."""
    kpi = small_project.kpi
    small_project.content["zero_kpi"] = zero_kpi
    west = kpi["region"] == "west"
    kpi.loc[west & (np.arange(120) % 3 == 0), "sales"] *= level
    kpi.loc[west & (kpi["week"].isin([week(10), week(11)])), "sales"] = 0.0
    panel = build(small_project, connection)
    assert (~panel.observed[2, 10:12]).all() == masked
    assert panel.observed.sum() == 120 - 2 * masked


def test_the_ragged_end_of_an_outage_is_masked_too(small_project, connection) -> None:
    kpi = small_project.kpi
    west = kpi["region"] == "west"
    kpi.loc[west & kpi["week"].isin([week(10), week(11)]), "sales"] = 0.0
    kpi.loc[west & (kpi["week"] == week(12)), "sales"] = 90.0
    kpi.loc[west & (kpi["week"] == week(20)), "sales"] = 90.0  # bad, but no part of an outage
    panel = build(small_project, connection)
    assert np.flatnonzero(~panel.observed[2]).tolist() == [10, 11, 12]


def test_absent_media_rows_are_no_activity(small_project, connection) -> None:
    media = small_project.media
    small_project.media = media[~((media["channel"] == "tv") & (media["week"] > week(9)))]
    panel = build(small_project, connection)
    tv = panel.channels.index("tv")
    assert (panel.exposure[:, 10:, tv] == 0).all()
    assert (panel.spend[:, 10:, tv] == 0).all()
    assert panel.observed.all()


def test_absent_rows_of_a_wide_table_are_unknown(small_project, connection) -> None:
    small_project.media = small_project.media[small_project.media["channel"] == "tv"]
    gone = (small_project.media["week"] == week(9)) & (small_project.media["region"] == "west")
    small_project.media = small_project.media[~gone]
    small_project.content["tables"]["media"] = {
        "source": "media.csv", "week": "week", "region": "region", "spend": {"tv": "spend"},
    }  # fmt: skip
    panel = build(small_project, connection)
    assert np.argwhere(~panel.observed).tolist() == [[2, 9]]


def test_channels_without_spend_exposure_or_both(small_project, connection) -> None:
    media = small_project.media
    tv = media["channel"] == "tv"
    quiet = media[tv].assign(channel="quiet", spend=0.0, impressions=0)
    organic = media[tv].assign(channel="organic", spend=np.nan)
    media.loc[tv, "impressions"] = np.nan
    small_project.media = pd.concat([media, quiet, organic])
    panel = build(small_project, connection)
    assert panel.channels == ("organic", "search", "tv")
    assert panel.has_spend.tolist() == [False, True, True]
    np.testing.assert_array_equal(panel.exposure[:, :, 2], panel.spend[:, :, 2])


def test_controls_are_filled_and_told_apart(small_project, connection) -> None:
    controls = small_project.controls
    week_no = controls.groupby("region").cumcount()
    controls["event"] = np.where(week_no % 10 == 3, "Fair", np.where(week_no == 5, "strike", "na"))
    controls["flat"] = 4
    controls["population"] = controls["region"].str.len()
    controls.loc[(controls["region"] == "west") & (week_no == 7), "price"] = np.nan
    small_project.content["tables"]["controls"]["columns"] = {
        "price": "price", "what's on": "event", "flat": "flat", "population": "population",
    }  # fmt: skip
    panel = build(small_project, connection)
    assert panel.controls == ("price", "what's on: fair", "what's on: strike")
    west = controls[controls["region"] == "west"]["price"]
    assert panel.control[2, 7, 0] == pytest.approx(west.mean())
    assert panel.control[:, :, 1].sum() == 12
    assert np.flatnonzero(panel.control[0, :, 2]).tolist() == [5]


def test_national_controls_reach_every_region(small_project, connection) -> None:
    small_project.controls = small_project.controls[small_project.controls["region"] == "west"]
    small_project.content["tables"]["controls"]["region"] = None
    panel = build(small_project, connection)
    np.testing.assert_array_equal(panel.control[0], panel.control[2])
    assert panel.control.std() > 0


def test_long_controls(small_project, connection) -> None:
    small_project.controls = small_project.controls.melt(
        ["week", "region"], var_name="name", value_name="value"
    )
    expected = small_project.controls["value"].to_numpy().reshape(3, 40)
    table = small_project.content["tables"]["controls"]
    del table["columns"]
    table |= {"layout": "long", "control": "name", "value": "value"}
    np.testing.assert_allclose(build(small_project, connection).control[:, :, 0], expected)


def test_days_are_summed_to_weeks_and_part_weeks_masked(small_project, connection) -> None:
    days = pd.date_range("2023-01-04", "2023-10-10")  # Wednesday to Tuesday
    small_project.kpi = pd.DataFrame(
        {"week": days.date, "region": "a", "sales": np.arange(len(days)) + 10.0, "value": 2}
    )
    small_project.media = pd.DataFrame(
        {"week": days.date, "region": "a", "channel": "tv", "spend": 1.0, "impressions": 7.0}
    )
    small_project.controls = pd.DataFrame(
        {"week": days.date, "region": "a", "price": np.arange(len(days)) * 1.0}
    )
    config = small_project.load(connection)
    weeks = weeks_available(connection, config)
    assert (weeks[0], weeks[-1]) == (date(2023, 1, 9), date(2023, 10, 2))
    assert newest_week(connection, config) == weeks[-1]
    panel = build(small_project, connection, weeks[-1])
    assert panel.kpi[0, 0] == sum(range(15, 22))
    assert (panel.spend[0, :, 0] == 7).all()
    assert panel.control[0, 0, 0] == 8
    assert (panel.value_per_kpi == 2).all()


def test_numbered_weeks_count_from_the_origin(small_project, connection) -> None:
    for table in ("media", "kpi", "controls"):
        frame = getattr(small_project, table)
        frame["week"] = (pd.to_datetime(frame["week"]) - pd.Timestamp(week(0))).dt.days // 7 + 3
    small_project.content["week_origin"] = date.fromisoformat(week(0))
    config = small_project.load(connection)
    assert newest_week(connection, config) == date.fromisoformat(week(42))


def test_weeks_that_begin_on_another_day(small_project, connection) -> None:
    for table in ("media", "kpi", "controls"):
        frame = getattr(small_project, table)
        frame["week"] = (pd.to_datetime(frame["week"]) + pd.Timedelta(days=6)).dt.strftime(
            "%d/%m/%y"
        )
        small_project.content["tables"][table]["date_format"] = "%d/%m/%y"
    panel = build(small_project, connection)
    assert str(panel.weeks[0].date()) == week(0)
    assert panel.observed.all()


def test_values_are_filled_by_region_or_unknown(small_project, connection) -> None:
    west = small_project.kpi["region"] == "west"
    small_project.kpi.loc[west, "value"] = 4.0
    small_project.kpi.loc[west & (small_project.kpi["week"] > week(20)), "value"] = np.nan
    assert (build(small_project, connection).value_per_kpi[2] == 4).all()
    small_project.content["tables"]["kpi"]["value_per_kpi"] = None
    assert np.isnan(build(small_project, connection).value_per_kpi).all()


def test_nothing_to_build_from(small_project, connection) -> None:
    small_project.kpi["sales"] = np.nan
    config = small_project.load(connection)
    with pytest.raises(SourceError, match="no row has both"):
        newest_week(connection, config)
    with pytest.raises(SourceError, match="no week up to"):
        build_panel_tables(connection, config, LAST)
