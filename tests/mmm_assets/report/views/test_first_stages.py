"""The page says which channels are read corrected, and how strong their instruments are."""

from __future__ import annotations

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views.first_stages import views


def test_instruments_and_noisy_readings_are_told_in_words(filled, example) -> None:
    case = example(regions=2)
    connection = filled(case)
    (view,) = views(Refresh(connection, case.week))
    first, second = case.channels[:2]
    assert f"{first} is read as its_budget and all else foretell it (F 4.2: weak)" in view.reading
    assert f"foretells of {second}, 60\xa0% (20\xa0% to 90\xa0%) is taken for" in view.reading
    assert len(view.table) == 2
    connection.execute("UPDATE mart.first_stages SET f_statistic = 40, weak = false")
    (view,) = views(Refresh(connection, case.week))
    assert "(F 40: strong)" in view.reading


def test_without_either_every_channel_is_read_as_recorded(filled, example) -> None:
    case = example(regions=2)
    connection = filled(case)
    connection.execute("DELETE FROM mart.first_stages")
    (view,) = views(Refresh(connection, case.week))
    assert view.is_empty and "as it was recorded" in view.reading
