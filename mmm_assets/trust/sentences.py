"""What a row of a test says, in plain words."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from mmm_assets.mart.numbers import number, percent
from mmm_model.trust.overall import UNKNOWABLE

_FACTOR = 10.0
"""Beyond so many times itself an error is told as a factor."""


def sentence(row: pd.Series, in_money: bool = True) -> str:
    """Say what a row found.

    Parameters
    ----------
    row
        Of ``mart.trust_tests``.
    in_money
        Whether returns are per unit of spend; else they are shares of the KPI.
    """
    return SENTENCES[row["test"], row["measure"]](row, number if in_money else percent)


Write = Callable[[float], str]
Say = Callable[[pd.Series, Write], str]


def _learned(row: pd.Series, write: Write) -> str:
    same = percent(1.0 - row["value"])
    if row["verdict"] == "doubtful":
        return (
            f"The return of {row['channel']} is mostly our assumption: what the data allow and "
            f"what was assumed before them overlap by {same}."
        )
    ends = f"{write(row['lower'])} to {write(row['upper'])}"
    return (
        f"The return of {row['channel']} comes from the data: {ends} was assumed, and what the "
        f"data allow overlaps with that by {same}."
    )


def _half_width(row: pd.Series, write: Write) -> str:
    wide = f"±{percent(row['value'])}" if row["value"] < _FACTOR else "many times itself"
    return f"The interval of the return of {row['channel']} is {wide}."


def _narrowed(row: pd.Series, write: Write) -> str:
    way = "narrowed" if row["value"] >= 0 else "widened"
    return (
        f"The data {way} what was assumed of {row['channel']} by {percent(abs(row['value']))} "
        "(standard deviation of the log return)."
    )


def _beats(row: pd.Series, write: Write) -> str:
    name = row["channel"]
    if row["verdict"] == "good":
        return (
            f"{name} earns more than its own placebo, the same plan in the wrong weeks, with a "
            f"probability of {percent(row['value'])}."
        )
    return (
        f"{name} does not beat its own placebo: the same plan in the wrong weeks would earn as "
        f"much with a probability of {percent(1.0 - row['value'])}."
    )


def _placebo_return(row: pd.Series, write: Write) -> str:
    ends = f"{write(row['lower'])} to {write(row['upper'])}"
    who = "An invented channel" if row["channel"].startswith("(") else row["channel"]
    weeks = "" if row["channel"].startswith("(") else ", its weeks shifted,"
    return f"{who}{weeks} would have a return of {write(row['value'])} ({ends}): noise's share."


def _known_to(row: pd.Series, write: Write) -> str:
    name, value = row["channel"], row["value"]
    if row["verdict"] == "good":
        return f"With this data the return of {name} can be known to ±{percent(value)}."
    if not value < _FACTOR:
        return f"With this data the return of {name} cannot be known at all."
    return f"With this data the return of {name} cannot be known: ±{percent(value)} at best."


def _planted(row: pd.Series, write: Write) -> str:
    ends = f"{write(row['lower'])} to {write(row['upper'])}"
    held = "which holds it" if row["verdict"] == "good" else "which misses it"
    return (
        f"In the twin {row['channel']} had a return of {write(row['value'])}; found was {ends}, "
        f"{held}."
    )


def _error(row: pd.Series, write: Write) -> str:
    way = "too high" if row["value"] > 0 else "too low"
    return f"In the twin the return of {row['channel']} was found {_size(row['value'])} {way}."


def _size(error: float) -> str:
    return percent(abs(error)) if abs(error) < _FACTOR else "many times"


def _smallest(row: pd.Series, write: Write) -> str:
    return (
        f"The smallest return of {row['channel']} that this data could tell from nothing is about "
        f"{write(row['value'])}."
    )


def _covered(row: pd.Series, write: Write) -> str:
    return f"The twin's intervals held {percent(row['value'])} of the returns that were planted."


def _order(row: pd.Series, write: Write) -> str:
    found = "was found" if row["verdict"] == "good" else "was not found"
    return (
        f"The order of the channels' planted returns {found} "
        f"(rank correlation {number(row['value'])})."
    )


def _slow_stock(row: pd.Series, write: Write) -> str:
    planted = "A slow stock as large as other brands have, planted in the twin,"
    if row["verdict"] == "good":
        return f"{planted} was told: with this data one can be."
    return (
        f"{planted} was not told: this data could not show one, so that none is told says nothing."
    )


def _robust(what: str) -> Say:
    def say(row: pd.Series, write: Write) -> str:
        return (
            f"Something unseen that explains {percent(row['value'])} of what is left of both the "
            f"plan of {row['channel']} and the KPI would {what}."
        )

    return say


def _like_strongest(row: pd.Series, write: Write) -> str:
    taken = "all" if row["value"] >= 1 else percent(row["value"])
    return (
        f"Something unseen as strong as the strongest control could take {taken} of the effect "
        f"of {row['channel']} away."
    )


def _skill(row: pd.Series, write: Write) -> str:
    way = "less" if row["value"] >= 0 else "more"
    return (
        f"Forecasts of earlier refreshes had {percent(abs(row['value']))} {way} error than "
        "repeating the last value."
    )


def _coverage(row: pd.Series, write: Write) -> str:
    return f"Their 90 % intervals held {percent(row['value'])} of what came."


def _kept(row: pd.Series, write: Write) -> str:
    came = percent(row["value"])
    return f"Of the KPI that earlier refreshes promised for these weeks {came} came."


def _mape(what: str) -> Say:
    def say(row: pd.Series, write: Write) -> str:
        error, most = percent(row["value"]), percent(row["threshold"])
        return f"{what} were missed by {error} on average; mmm-eval allows {most}."

    return say


def _r_squared(what: str) -> Say:
    def say(row: pd.Series, write: Write) -> str:
        least = percent(row["threshold"])
        if row["value"] < 0:
            return f"The mean explains {what} better; mmm-eval asks for {least}."
        return (
            f"Of the variation of {what} {percent(row['value'])} is explained; mmm-eval asks for "
            f"{least}."
        )

    return say


def _spread(row: pd.Series, write: Write) -> str:
    return (
        f"From refresh to refresh these errors differ by {percent(row['value'])}; mmm-eval allows "
        f"{percent(row['threshold'])}."
    )


def _change(when: str) -> Say:
    def say(row: pd.Series, write: Write) -> str:
        who = "returns" if pd.isna(row["channel"]) else f"the return of {row['channel']}"
        verb = "move" if pd.isna(row["channel"]) else "moves"
        moved, most = percent(row["value"]), percent(row["threshold"])
        return f"{when} {who} {verb} by {moved} on average; mmm-eval allows {most}."

    return say


def _newest(row: pd.Series, write: Write) -> str:
    moved, most = percent(row["value"]), percent(row["threshold"])
    return (
        f"Since the refresh before the return of {row['channel']} moved by {moved}; mmm-eval "
        f"allows {most} on average."
    )


def _inside(row: pd.Series, write: Write) -> str:
    inside = percent(row["value"])
    return f"Of the new returns {inside} lie in their intervals of the refresh before."


def _shuffled(row: pd.Series, write: Write) -> str:
    return (
        f"A shuffled channel would have a return of {number(row['value'])}; mmm-eval allows "
        f"{number(row['threshold'])}."
    )


def _doubts(row: pd.Series, write: Write) -> str:
    count = int(row["value"])
    if not count:
        return f"The return of {row['channel']} can be believed: no deciding test is in doubt."
    if count < UNKNOWABLE:
        return f"The return of {row['channel']} is a rough guess: a deciding test is in doubt."
    return (
        f"The return of {row['channel']} cannot be known from this data: {count} deciding tests "
        "are in doubt."
    )


SENTENCES: dict[tuple[str, str], Say] = {
    ("overall", "doubts"): _doubts,
    ("interval_width", "half_width"): _half_width,
    ("prior_against_data", "learned"): _learned,
    ("prior_against_data", "narrowed"): _narrowed,
    ("placebo", "beats"): _beats,
    ("placebo", "return"): _placebo_return,
    ("twin", "known_to"): _known_to,
    ("twin", "planted"): _planted,
    ("twin", "error"): _error,
    ("twin", "smallest"): _smallest,
    ("twin", "covered"): _covered,
    ("twin", "order"): _order,
    ("twin", "slow_stock"): _slow_stock,
    ("hidden_confounder", "to_zero"): _robust("take its whole effect away"),
    ("hidden_confounder", "to_half"): _robust("halve its effect"),
    ("hidden_confounder", "like_strongest"): _like_strongest,
    ("forecasts", "skill"): _skill,
    ("forecasts", "coverage"): _coverage,
    ("forecasts", "kept"): _kept,
    ("in_sample_accuracy", "mape"): _mape("Weeks that the fit has seen"),
    ("in_sample_accuracy", "r_squared"): _r_squared("the weeks that the fit has seen"),
    ("holdout_accuracy", "mape"): _mape("Weeks that the fit had not seen"),
    ("holdout_accuracy", "r_squared"): _r_squared("the weeks that the fit had not seen"),
    ("cross_validation", "mean_mape"): _mape("The first four weeks after earlier refreshes"),
    ("cross_validation", "std_mape"): _spread,
    ("cross_validation", "mean_r_squared"): _r_squared("the four weeks after earlier refreshes"),
    ("refresh_stability", "mean_change"): _change("From refresh to refresh"),
    ("refresh_stability", "newest_change"): _newest,
    ("refresh_stability", "inside"): _inside,
    ("perturbation", "change"): _change("With 5 % noise on its exposure"),
    ("shuffled_channel", "return"): _shuffled,
}
