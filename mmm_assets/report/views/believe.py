"""How far to believe each channel's number: what tests of the fit on its own data found."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from mmm_assets.mart import numbers
from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import View
from mmm_model.trust.overall import DECIDING, UNKNOWABLE

TESTS = """
    SELECT test, measure, channel, value, lower, upper, threshold, verdict, sentence, tested_week,
           hold_limit, holds
    FROM mart.trust_tests WHERE refresh_week = $week ORDER BY test, measure, channel"""

_TITLE = "How far to believe each channel"
_WHOLE_ALONE = "No test that ran judges single channels of this fit."
_NONE = "This refresh was not put to any test; trust.weekly and trust.monthly name the tests."
# What is told of a channel that nothing speaks against: the first that was measured.
_KNOWN = (("twin", "known_to"), ("interval_width", "half_width"))
_WORDS = ("can be believed", "is a rough guess", "cannot be known from this data")
_OF_SEVERAL = ("can be believed", "are rough guesses", "cannot be known from this data")
_COLOURS = ("@good", "@baseline", "@bad")
_SHOWN = 25


def views(refresh: Refresh) -> tuple[View, ...]:
    """Each channel in a word and why, what was assumed, placebos, twins, and every test."""
    found = refresh.query(TESTS)
    if found.empty:
        return (View("trust-channels", _TITLE, _NONE),)
    return (
        _channels(refresh, found),
        *_learned(refresh, found),
        *_known(refresh, found),
        *_placebo(refresh, found),
        *_whole(refresh, found),
    )


def _channels(refresh: Refresh, found: pd.DataFrame) -> View:
    doubts = _of(refresh, found, "overall", "doubts")
    if doubts.empty:
        return View("trust-channels", _TITLE, _WHOLE_ALONE, table=found, sql=refresh.shown(TESTS))
    places = _places(doubts)
    parts = []
    for place, verbs in enumerate(zip(_WORDS, _OF_SEVERAL, strict=True)):
        names = [name for name, own in places.items() if own == place]
        if names:
            parts.append(f"{words.listed(names, 6)} {verbs[len(names) > 1]}")
    return View(
        "trust-channels",
        _TITLE,
        "; ".join(parts) + ".",
        listing=verdicts(refresh, found),
        table=found,
        sql=refresh.shown(TESTS),
        note="One of the deciding tests in doubt makes a rough guess, two and more say that the "
        f"data do not know: {words.listed([_test_name(test) for test, _ in DECIDING])}.",
        wide=True,
    )


def verdicts(refresh: Refresh, found: pd.DataFrame) -> pd.DataFrame:
    """Each channel that was judged, and its return in a word, with what speaks against it."""
    places = _places(_of(refresh, found, "overall", "doubts"))
    rows = [_row(found, name, place) for name, place in places.items()]
    return pd.DataFrame(rows, columns=["Channel", "Its return"])


def _places(doubts: pd.DataFrame) -> dict[str, int]:
    """Channel → which of `_WORDS` holds of it."""
    counts = doubts["value"].clip(upper=UNKNOWABLE).astype(int).tolist()
    return dict(zip(doubts["channel"].astype(str).tolist(), counts, strict=True))


def _row(found: pd.DataFrame, name: str, place: int) -> tuple[str, str]:
    """What is in doubt about a channel; where nothing is, how well it can be known."""
    own = found[found["channel"] == name]
    said = {(row.test, row.measure): row for row in own.itertuples()}
    deciding = [said[test] for test in DECIDING if test in said]
    doubts = [str(row.sentence) for row in deciding if row.verdict == "doubtful"]
    known = [str(said[test].sentence) for test in _KNOWN if test in said][:1]
    mark = ("✓", "~", "✗")[place]
    return name, f"{mark}{numbers.SPACE}{_WORDS[place]}. {' '.join(doubts or known)}"


def _learned(refresh: Refresh, found: pd.DataFrame) -> Iterator[View]:
    """One bar a channel: how much of its number the data said."""
    rows = _of(refresh, found, "prior_against_data", "learned")
    if rows.empty:
        return
    assumed = rows.loc[rows["verdict"] == "doubtful", "channel"].tolist()
    said = (
        f"The numbers of {words.listed(assumed)} are mostly our assumption"
        if assumed
        else "No channel's number is mostly our assumption"
    )
    most = rows.sort_values("value").iloc[-1]
    yield View(
        "trust-learned",
        "Assumed, or learned from the data",
        f"{said}; most was learned about {most['channel']}.",
        fig.figure(
            [
                fig.bars(
                    [refresh.label(c) for c in rows["channel"]],
                    rows["value"].to_numpy(),
                    [_COLOURS[0] if v == "good" else _COLOURS[2] for v in rows["verdict"]],
                    ":.3~p",
                )
            ],
            **fig.ranked("Learned from the data", len(rows))
            | {
                "xaxis": fig.axis("Learned from the data", tickformat=".3~p", range=[0, 1]),
                "shapes": [_line_at(float(rows["threshold"].iloc[0]))],
            },
        ),
        table=rows,
        sql=refresh.shown(TESTS),
        worked_out=True,
        note="One less the overlap of what was assumed of a return and what is believed after the "
        "data. Left of the dotted line the number is mostly assumed.",
        height=fig.height_of(len(rows), 34),
    )


def _known(refresh: Refresh, found: pd.DataFrame) -> Iterator[View]:
    """How well a return could be known, were it what the fit says."""
    rows = _of(refresh, found, "twin", "known_to")
    if rows.empty:
        return
    best = rows.sort_values("value").iloc[0]
    order = found[(found["test"] == "twin") & found["channel"].isna()]["sentence"].tolist()
    yield View(
        "trust-twin",
        "How well this data can know a return",
        " ".join([str(best["sentence"]), *order]),
        fig.figure(
            [
                fig.bars(
                    [refresh.label(c) for c in rows["channel"]],
                    rows["value"].clip(upper=2.0).to_numpy(),
                    [_COLOURS[0] if v == "good" else _COLOURS[2] for v in rows["verdict"]],
                    customdata=rows["value"].to_numpy(),
                )
                | {"hovertemplate": "%{y}: ±%{customdata:.3~p}<extra></extra>"}
            ],
            **fig.ranked("Half of the interval over the return", len(rows))
            | {
                "xaxis": fig.axis(
                    "Half of the interval over the return", tickformat=".3~p", range=[0, 2.05]
                ),
                "shapes": [_line_at(float(rows["threshold"].iloc[0]))],
            },
        ),
        table=rows,
        sql=refresh.shown(TESTS),
        worked_out=True,
        note="A twin of this data, with returns that are known because they were planted, was "
        f"fitted as the data are{_tested(rows)}. Bars end at 200 %.",
        height=fig.height_of(len(rows), 34),
    )


def _placebo(refresh: Refresh, found: pd.DataFrame) -> Iterator[View]:
    """Returns beside those of placebos."""
    rows = _of(refresh, found, "placebo", "return")
    beats = _of(refresh, found, "placebo", "beats").set_index("channel")
    if rows.empty or beats.empty:
        return
    lost = beats.index[beats["verdict"] == "doubtful"].tolist()
    said = (
        f"{words.listed(lost)} {'does' if len(lost) == 1 else 'do'} not beat what the same plan "
        "earns in the wrong weeks"
        if lost
        else "Every channel earns more than the same plan in the wrong weeks"
    )
    names = [refresh.label(c) for c in rows["channel"]]
    own = refresh.summary["direct_roi"].fillna(refresh.summary["share"]).reindex(rows["channel"])
    yield View(
        "trust-placebo",
        "Returns beside those of placebos",
        said + ".",
        fig.figure(
            [
                {
                    "type": "scatter", "mode": "markers", "name": "Placebo", "y": names,
                    "x": rows["value"].to_numpy(), "marker": {"color": "@muted", "size": 8},
                    "error_x": fig.error(
                        rows["value"].tolist(), rows["lower"].tolist(), rows["upper"].tolist()
                    ),
                    "hovertemplate": "%{y}, its weeks shifted: %{x:.3~r}<extra></extra>",
                },
                {
                    "type": "scatter", "mode": "markers", "name": "Channel", "y": names,
                    "x": own.to_numpy(),
                    "marker": {
                        "symbol": "diamond", "size": 11,
                        "color": [_COLOURS[2 if c in lost else 0] for c in rows["channel"]],
                    },
                    "hovertemplate": "%{y}: %{x:.3~r}<extra></extra>",
                },
            ],
            **fig.ranked(
                "Direct return" if refresh.has_roi else f"Share of {refresh.kpi_label}", len(names)
            )
            | {"showlegend": True},
        ),
        table=rows,
        sql=refresh.shown(TESTS),
        worked_out=True,
        note=f"Lines: 90 % interval of what noise earns{_tested(rows)}.",
        height=fig.height_of(len(names), 38),
    )  # fmt: skip


def _whole(refresh: Refresh, found: pd.DataFrame) -> Iterator[View]:
    """Every test of the fit as a whole."""
    rows = found[found["channel"].isna() & (found["verdict"] != "none")]
    if rows.empty:
        return
    good = int((rows["verdict"] == "good").sum())
    listing = pd.DataFrame(
        {
            "Test": [_test_name(test) for test in rows["test"]],
            "Found": rows["sentence"],
            "Verdict": [
                f"✓{numbers.SPACE}well" if v == "good" else f"✗{numbers.SPACE}look"
                for v in rows["verdict"]
            ],
        }
    )
    yield View(
        "trust-tests",
        "The fit as a whole",
        f"{good} of {words.counted(len(rows), 'measure')} turned out well.",
        listing=listing,
        table=rows,
        sql=refresh.shown(TESTS),
        worked_out=True,
        wide=True,
        note="Thresholds of mmm-eval where it has any. trust.at_least and trust.at_most hold a "
        "refresh that is beyond a limit of yours.",
    )


def _of(refresh: Refresh, found: pd.DataFrame, test: str, measure: str) -> pd.DataFrame:
    """Rows of a measure, the largest channels first; what is no channel last."""
    rows = found[(found["test"] == test) & (found["measure"] == measure) & found["channel"].notna()]
    place = {name: number for number, name in enumerate(refresh.channels)}
    order = rows["channel"].map(place).fillna(len(place)).sort_values(kind="stable").index
    return rows.loc[order].head(_SHOWN).reset_index(drop=True)


def _tested(rows: pd.DataFrame) -> str:
    return f", in the refresh of {words.day(rows['tested_week'].iloc[0])}"


def _test_name(test: str) -> str:
    name = test.replace("_", " ")
    return name[:1].upper() + name[1:]


def _line_at(value: float) -> dict[str, object]:
    return {
        "type": "line", "x0": value, "x1": value, "yref": "paper", "y0": 0, "y1": 1,
        "line": {"color": "@ink/0.5", "width": 1, "dash": "dot"},
    }  # fmt: skip
