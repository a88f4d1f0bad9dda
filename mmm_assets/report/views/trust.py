"""How far to trust a refresh: forecast, intervals, gates, how well effects are known."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from mmm_assets.mart import gates, numbers
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import Tile, View
from mmm_assets.report.views import forecast

_TITLE = "How far to trust it"
# Half of the 90 % interval over the effect: beyond this a channel's effect is a rough guess.
_ROUGH = 0.5
_HONEST = (0.8, 0.98)

_CHECKS = """
    SELECT count(*) AS checks, count(*) FILTER (NOT passed) AS failed
    FROM mart.data_checks WHERE refresh_week = $week"""


def tile(refresh: Refresh) -> Tile:
    """A verdict in a word, and why.

    A good forecast alone does not earn it: a model may foresee the weeks and still not know
    which channel moved them, which is what the width of the effects' intervals tells.
    """
    metrics = refresh.query(forecast.METRICS)
    skill = forecast.metric(metrics, "pooled", "last_value", "skill")
    covered = forecast.metric(metrics, "pooled", "mmm", "coverage_90")
    spread = effect_spread(refresh)
    honest = _HONEST[0] <= covered <= _HONEST[1]
    told = [
        f"Its 90 % intervals held {words.percent(covered)} of the unseen values."
        if covered == covered
        else "How honest its intervals are is unknown."
    ]
    if spread == spread:
        told.append(f"A typical channel's effect is known to within ±{words.percent(spread)}.")
    if any(broken_gates(refresh).values()):
        return Tile(_TITLE, "Held", " ".join([*told, "A gate is broken: see below."]), "bad")
    if skill != skill:
        return Tile(_TITLE, "Untested", " ".join([*told, "No forecast has been scored yet."]))
    if skill <= 0:
        return Tile(_TITLE, "Not yet", " ".join([*told, "Move no money on it alone."]), "bad")
    if skill >= 0.1 and honest and spread <= _ROUGH:
        return Tile(_TITLE, "Good", " ".join([*told, "Confirm large moves by a test."]), "good")
    return Tile(_TITLE, "With care", " ".join([*told, "Move in small steps, and test."]))


def effect_spread(refresh: Refresh) -> float:
    """Half of the interval over the effect, of the middle channel; NaN without intervals."""
    rows = refresh.summary
    half = (rows["contribution_upper"] - rows["contribution_lower"]) / 2
    return float((half / rows["contribution"].where(rows["contribution"] > 0)).median())


def broken_gates(refresh: Refresh) -> dict[str, str]:
    """What breaks each gate; an empty text where it holds."""
    found = {
        gate.name: (gate, gates.broken(refresh.connection, gate, refresh.week))
        for gate in gates.GATES
    }
    return {
        name: gates.reason(gate, faults) if faults else "" for name, (gate, faults) in found.items()
    }


def views(refresh: Refresh) -> tuple[View, ...]:
    """What was tried to find the refresh wrong, and what came of it."""
    return (_view(refresh),)


def _view(refresh: Refresh) -> View:
    metrics = refresh.query(forecast.METRICS)
    rows = [*_of_forecast(metrics), *_of_effects(refresh), *_of_gates(refresh)]
    bad = [what for what, _, mark in rows if mark != _mark(True)]
    reading = f"{len(rows) - len(bad)} of {words.counted(len(rows), 'test')} turned out well"
    if bad:
        reading += f"; not so: {words.listed([_lower(what) for what in bad], 3)}"
    return View(
        "summary-trust",
        "What speaks for it, and what against",
        reading + ".",
        listing=pd.DataFrame(rows, columns=["Test", "Found", "Verdict"]),
        table=metrics,
        sql=refresh.shown(forecast.METRICS),
        note="A refresh that breaks a gate is held back: the current views stay with the one "
        "before it.",
    )


def _of_forecast(metrics: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Unseen weeks against simple forecasts, and the honesty of the intervals."""
    skill = {
        name.lower(): forecast.metric(metrics, "pooled", model, "skill")
        for model, name in forecast.REFERENCES.items()
    }
    known = {name: value for name, value in skill.items() if value == value}
    if known:
        lost = [name for name, value in known.items() if value <= 0]
        least, most = words.percent(min(known.values())), words.percent(max(known.values()))
        found = (
            f"No better than {words.listed(lost)}"
            if lost
            else f"{least} to {most} less error than {len(known)} simple forecasts"
        )
        yield "Forecast of unseen weeks", found, _mark(not lost)
    covered = forecast.metric(metrics, "pooled", "mmm", "coverage_90")
    if covered == covered:
        inside = f"{words.percent(covered)} of the unseen values inside"
        yield "90 % intervals", inside, _mark(_HONEST[0] <= covered <= _HONEST[1])


def _of_effects(refresh: Refresh) -> Iterator[tuple[str, str, str]]:
    """How well effects are known, and the checks of what they were learned from."""
    spread = effect_spread(refresh)
    if spread == spread:
        within = f"±{words.percent(spread)} for a typical channel"
        yield "Width of the effects' intervals", within, _mark(spread <= _ROUGH)
    checks = refresh.query(_CHECKS).iloc[0]
    if checks["checks"]:
        passed = f"{checks['checks'] - checks['failed']} of {checks['checks']} passed"
        yield "Checks of the input", passed, _mark(not checks["failed"])


def _of_gates(refresh: Refresh) -> Iterator[tuple[str, str, str]]:
    """Each gate that is broken, else that all hold."""
    broken = {name: why for name, why in broken_gates(refresh).items() if why}
    for name, why in broken.items():
        yield f"Gate: {name.replace('_', ' ')}", words.shortened(why, 300), _mark(False)
    if not broken:
        names = words.listed([gate.name.replace("_", " ") for gate in gates.GATES], 6)
        yield "Gates before publication", f"All hold: {names}", _mark(True)


def _mark(good: bool) -> str:
    return f"✓{numbers.SPACE}well" if good else f"✗{numbers.SPACE}look"


def _lower(words_: str) -> str:
    return words_[:1].lower() + words_[1:]
