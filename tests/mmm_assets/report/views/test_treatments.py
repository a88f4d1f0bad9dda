"""The page says what promotions, prices and days of the calendar did, where a project has them."""

from __future__ import annotations

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views import baseline, decomposition
from mmm_assets.report.views.treatments import views


def test_each_kind_is_told_in_its_own_words(filled, example) -> None:
    case = example(regions=2, treated=True)
    refresh = Refresh(filled(case), case.week)
    decided, days = views(refresh)
    missing = (
        "Without discount, 9,000 orders (8,900 to 9,100) would be missing, worth 90\xa0k\xa0€."
    )
    assert missing in decided.reading
    assert "A week with the usual one gains 21\xa0% (15\xa0% to 27\xa0%)." in decided.reading
    assert "One percent more on price changes orders by −1.8\xa0%" in decided.reading
    assert days.reading.startswith("The days before Christmas change orders most: by +30\xa0%")
    shown = [(trace["name"], list(trace["text"])) for trace in days.figure["data"]]
    assert shown == [
        ("Days before", ["Christmas"]),
        ("The day itself", ["Christmas", "&lt;b&gt;fair&lt;/b&gt;"]),
        ("Days after", []),
    ]


def test_they_stand_in_the_decomposition_beside_controls(filled, example) -> None:
    case = example(regions=2, treated=True)
    refresh = Refresh(filled(case), case.week)
    waterfall = next(v for v in decomposition.views(refresh) if v.id == "decomposition-waterfall")
    kinds = {"Promotions", "Prices", "Holidays", "Own events"}
    assert kinds <= set(waterfall.figure["data"][0]["y"])
    controls = next(v for v in baseline.views(refresh) if v.id == "decomposition-controls")
    assert controls.title == "Controls, promotions, days"


def test_without_any_there_is_no_view(filled, example) -> None:
    case = example(regions=2)
    assert views(Refresh(filled(case), case.week)) == ()
