"""What may be chosen about the response model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mmm_model.brand import BrandSettings

PLAN_WEEKS = 52
"""Weeks of the recent plan, which curves and budgets scale: a year, so that every season counts."""


ESTIMATORS = ("posterior", "search", "end_to_end")
PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "paper": {
        "estimator": "end_to_end",
        "members": 5,
        "steps": 600,
        "learning_rate": 0.02,
        "lag_weeks": 12,
        "min_slope": 2.0,
        "max_slope": 5.0,
        "gru_width": 16,
    },
}
"""Settings that belong together, by name: what they change of the defaults."""
_EARLIER_NAMES = {"hidden": "gru_width", "max_modulation": "gru_reach"}


@dataclass(frozen=True)
class ModelSettings:
    """How the response model is fitted.

    Parameters
    ----------
    holdout_weeks
        Last weeks whose KPI the holdout fit never sees; 0 makes no holdout.
    estimator
        ``posterior``: members are draws of a posterior over shapes, sizes and regions' returns.
        ``search``: the most probable shapes, members are fitted to block bootstraps.
        ``end_to_end``: the paper's network, see `mmm_model.paper`; members are trainings from
        starts of their own, each without some weeks of its own.
    members
        Members of the ensemble. Of a posterior: the most draws that are kept; large panels keep
        fewer. Of a search the first one is fitted to the data as it is, the others to block
        bootstraps with priors of their own.
    chains, warmup, draws, rounds
        Of the posterior: independent chains, sweeps of each that are thrown away, and that are
        kept, and how often at most chains that disagree go on, twice as long as at first. A
        holdout fit goes on in no case: its forecasts are a mean over all chains.
    seed
        Seed of initial values, priors and bootstraps.
    steps
        Steps of the optimiser for the adstock, the saturation and the GRU.
    learning_rate
        Its learning rate at the start; it falls to zero along a cosine.
    adstock, saturation
        Names of the families of shapes, see `mmm_model.equation.adstock.ADSTOCKS` and
        `mmm_model.equation.saturation.SATURATIONS`.
    lag_weeks
        Longest lag of the adstock in weeks; a posterior tries a quarter of the weeks at most.
    min_slope, max_slope
        Bounds of the slope of a Hill curve.
    gru_width
        Width of the GRU whose states are the basis of effectiveness over time; 0 keeps it at one.
    gru_reach
        How far effectiveness moves where it does: of a posterior what it is expected to stay
        within, around one, in seven weeks of eight; of a search the largest absolute logarithm
        before it is scaled to mean one.
    harmonics
        Pairs of sine and cosine in the yearly seasonality; none while fewer than two years of
        weeks are there to tell it from trends and plans.
    block_weeks
        Length of the blocks that are resampled.
    device
        Where torch computes, for example ``"cpu"`` or ``"cuda"``.
    brand
        A slow stock that a posterior looks for; None looks for none.

    Raises
    ------
    ValueError
        If a number is out of range.
    """

    holdout_weeks: int = 8
    estimator: str = "posterior"
    members: int = 200
    chains: int = 4
    warmup: int = 120
    draws: int = 130
    rounds: int = 3
    seed: int = 0
    steps: int = 25
    learning_rate: float = 0.1
    adstock: str = "geometric"
    saturation: str = "hill"
    lag_weeks: int = 39
    min_slope: float = 0.5
    max_slope: float = 3.0
    gru_width: int = 8
    gru_reach: float = 0.3
    harmonics: int = 2
    block_weeks: int = 8
    device: str = "cpu"
    brand: BrandSettings | None = None

    @classmethod
    def of_preset(cls, preset: str, **chosen: Any) -> ModelSettings:
        """Return the settings of a preset but for those that are chosen.

        Raises
        ------
        ValueError
            If there is no preset of this name, or a number is out of range.
        """
        if preset not in PRESETS:
            raise ValueError(f"preset is '{preset}', allowed are {', '.join(PRESETS)}")
        return cls(**{**PRESETS[preset], **chosen})

    @classmethod
    def from_saved(cls, saved: Mapping[str, Any]) -> ModelSettings:
        """Read settings that this or an earlier release saved as a mapping."""
        known = {_EARLIER_NAMES.get(name, name): value for name, value in saved.items()}
        if known.get("brand") is not None:
            known["brand"] = BrandSettings.read(known["brand"])
        return cls(**{"estimator": "search", **known})  # there was no other

    def saved(self) -> dict[str, Any]:
        """Return them as a mapping; without a stock, as where none was known."""
        found = asdict(self)
        if self.brand is None:
            del found["brand"]
        return found

    @property
    def learns_graph(self) -> bool:
        """Whether the channel graph is trained with the response, not learned beside it."""
        return self.estimator == "end_to_end"

    def __post_init__(self) -> None:
        at_least = {
            "holdout_weeks": 0,
            "members": 1,
            "chains": 1,
            "warmup": 1,
            "draws": 4,
            "rounds": 0,
            "steps": 0,
            "lag_weeks": 0,
            "gru_width": 0,
            "gru_reach": 0,
            "harmonics": 0,
            "block_weeks": 1,
        }
        for name, smallest in at_least.items():
            value = getattr(self, name)
            if value < smallest:
                raise ValueError(f"{name} is {value}, allowed are {smallest} and more")
        if self.estimator not in ESTIMATORS:
            raise ValueError(
                f"estimator is '{self.estimator}', allowed are {', '.join(ESTIMATORS)}"
            )
        if self.brand is not None and self.estimator != "posterior":
            raise ValueError(f"brand needs the estimator 'posterior', not '{self.estimator}'")
        if self.learning_rate <= 0:
            raise ValueError(f"learning_rate is {self.learning_rate}, it must be positive")
        if not 0 < self.min_slope < self.max_slope:
            raise ValueError(
                f"the slope's bounds are {self.min_slope} and {self.max_slope}, "
                "allowed are 0 < min_slope < max_slope"
            )
