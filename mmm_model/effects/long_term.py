"""What media leave behind for later years, and whether this very table can tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from mmm_model import priors
from mmm_model.brand import FEWEST_WEEKS, BrandSettings
from mmm_model.effects.effectiveness import AGAINST, evidence_word
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.equation.brand_stock import kept
from mmm_model.intervals import effect_interval, interval, point, summarised
from mmm_model.panel import Floats

COLUMNS = (
    "channel", "told", "log_bayes_factor", "share", "share_lower", "share_upper", "half_life",
    "half_life_lower", "half_life_upper", "short_term", "short_term_lower", "short_term_upper",
    "long_term", "long_term_lower", "long_term_upper", "to_come", "to_come_lower", "to_come_upper",
    "roi", "roi_lower", "roi_upper", "roi_with_long_term", "roi_with_long_term_lower",
    "roi_with_long_term_upper", "statement",
)  # fmt: skip
# Points at which what is expected before the data is read off.
_EVEN = (np.arange(1000) + 0.5) / 1000


def long_term(effects: FittedEffects) -> pd.DataFrame:
    """Say of each channel that may feed a slow stock what it brings later.

    Returns
    -------
    DataFrame
        `COLUMNS`, a row for each such channel; empty where no stock is looked for. ``share`` of all
        that a channel brings that comes later, and ``half_life`` in weeks: of the posterior where a
        stock is ``told``, else what is expected before the data. ``short_term`` is the total
        contribution of the weeks of the panel, ``long_term`` what it leaves behind, ``to_come`` the
        part of this after the last week, KPI units. Amounts that rest on an expectation alone are
        NaN. 90 % intervals.
    """
    response, brand = effects.model.response, effects.model.settings.brand
    if brand is None:
        return pd.DataFrame(columns=list(COLUMNS)).astype({"told": bool})
    evidence = response.mixing.get("brand", np.full(len(effects.panel.channels), np.nan))
    rows = [
        {"channel": name, "log_bayes_factor": evidence[c], **_found(effects, brand, c, evidence[c])}
        for c, name in enumerate(effects.panel.channels)
        if name in brand.channels
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"told": bool})


def _found(
    effects: FittedEffects, brand: BrandSettings, c: int, evidence: float
) -> dict[str, object]:
    panel, state = effects.panel, effects.model.response.state
    total, direct = effects.mediation.total[..., c], effects.mediation.direct[..., c]  # [M, R, W]
    short, value = total.sum((1, 2)), panel.value_per_kpi
    spend = float(np.nansum(panel.spend[..., c])) if panel.has_spend[c] else np.nan
    earned = (total * value).sum((1, 2))
    found: dict[str, object] = {**_told("short_term", short), **_return("roi", earned, spend)}
    name, weeks = panel.channels[c], effects.model.response.fitted_weeks
    if "brand_multiple" not in state:
        share, half_life = expected(brand, evidence)
        said = _untold(name, weeks, evidence, share)
        return (
            found
            | {"told": False, "statement": said}
            | summarised("share", share)
            | summarised("half_life", half_life)
        )
    multiple, half_life = state["brand_multiple"][:, c], state["brand_half_life"]
    later = multiple * direct.sum((1, 2))
    age = direct.shape[-1] - 1 - np.arange(direct.shape[-1])
    left = kept(half_life)[:, None] ** age  # [M, W]: what of a week's is still there
    coming = multiple * np.einsum("mrw,mw->m", direct, left)
    share = later / np.maximum(short + later, 1e-300)
    with_later = earned + multiple * (direct * value).sum((1, 2))
    found |= {
        "told": True,
        **summarised("share", share),
        **summarised("half_life", half_life[multiple > 0]),
    }
    found |= {**_told("long_term", later), **_told("to_come", coming)}
    found |= _return("roi_with_long_term", with_later, spend)
    return found | {"statement": _said(name, evidence, share, half_life[multiple > 0])}


def expected(brand: BrandSettings, log_bayes_factor: float = np.nan) -> tuple[Floats, Floats]:
    """Long-term share and half-life that are expected before the data, as many even draws of them.

    Where the data speak against a stock as strongly as they would have to speak for one, most of
    the draws have none.
    """
    median, spread = priors.BRAND_MULTIPLE
    multiple = median * np.exp(spread * ndtri(_EVEN))
    if log_bayes_factor < -priors.BRAND_EVIDENCE:
        there = 1.0 / (1.0 + np.exp(-log_bayes_factor))
        inside = np.maximum((_EVEN - 1.0 + there) / there, 0.0)
        multiple = median * np.exp(spread * ndtri(inside))
    shortest, longest = brand.half_life
    return multiple / (1.0 + multiple), shortest * (longest / shortest) ** _EVEN


def _told(name: str, members: Floats) -> dict[str, object]:
    lower, upper = effect_interval(members)
    return {
        name: float(members.mean()),
        f"{name}_lower": float(lower),
        f"{name}_upper": float(upper),
    }


def _return(name: str, earned: Floats, spend: float) -> dict[str, object]:
    if not spend > 0:
        return {}
    return _told(name, earned / spend) | {name: float(point(earned / spend))}


def _said(name: str, evidence: float, share: Floats, half_life: Floats) -> str:
    low, high = interval(half_life)
    return (
        f"Of all that {name} brings, {_range(share)} comes in later weeks and years, half of it "
        f"within {point(half_life):.0f} weeks ({low:.0f} to {high:.0f}); the evidence is "
        f"{evidence_word(evidence)}."
    )


def _untold(name: str, weeks: int, evidence: float, share: Floats) -> str:
    if np.isnan(evidence):
        return (
            f"A long-term effect of {name} was not looked for: {weeks} weeks have a KPI, it takes "
            f"{FEWEST_WEEKS}."
        )
    if evidence_word(evidence) == AGAINST and evidence < -priors.BRAND_EVIDENCE:
        return (
            f"The data speak against a long-term effect of {name} as large as other brands have; "
            f"at most {_percent(float(interval(share)[1]))} of what it brings would come later."
        )
    lower, upper = interval(share)
    return (
        f"This table cannot tell a long-term effect of {name}: over its {weeks} weeks a level that "
        f"drifts explains the KPI as well. Other brands have {_percent(float(lower))} to "
        f"{_percent(float(upper))} of it later; none of that is in any figure here."
    )


def _range(members: Floats) -> str:
    lower, upper = interval(members)
    return (
        f"{_percent(float(point(members)))} ({_percent(float(lower))} to {_percent(float(upper))})"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
