"""Tests held to what their designs promise: power, false alarms, and what knowing is worth.

    python tests/benchmarks/experiments.py [PART …] [--simulations 200] [--first 30000]

Parts: planted, knowing. Prints tables and writes benchmarks/experiments.json.

Planted: a test is designed on the weeks up to a cut, as `mmm experiment design` does; then the
weeks after the cut, which the design never saw, are read as `mmm experiment read` does: as they are
(what is found is a false alarm), with the smallest lift that the design says it sees (four of five
are promised), and with half of it (what the design promised of that). Histories are simulated
brands and regions of the real panel; nothing of a fit enters.

Knowing: what a perfect result of a test is worth by the regression on 200 draws, against brute
force on many more draws of the same made-up beliefs, where each possible result is a group of
draws.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd
from datasets import real_panel
from writing import write

from mmm_model.experiment.history import steady
from mmm_model.experiment.matched_regions import Match, match
from mmm_model.experiment.reading import Trial, read_trial
from mmm_model.experiment.value_of_knowing import Decision
from mmm_model.simulator import draw_spec, simulate

LENGTHS = (4, 8)


def histories(first: int) -> Iterator[tuple[str, np.ndarray]]:
    """A kind of world and KPI ``[R, W]`` of complete regions, again and again."""
    panel = real_panel()
    real = panel.kpi[panel.observed.all(axis=1) & (panel.kpi > 0).all(axis=1)]
    rng = np.random.default_rng(first)
    seed = first
    while True:
        spec = draw_spec(seed)
        brand = simulate(spec, seed)
        whole = brand.observed.all(axis=1)
        seed += 1
        if whole.sum() >= 6:
            yield "simulated brands", brand.kpi[whole]
        yield "regions of the real panel", real[rng.choice(len(real), 20, replace=False)]


def planted(simulations: int, first: int) -> list[dict]:
    """What was promised and what was found, by kind of world and length."""
    rng = np.random.default_rng(first)
    found: dict[tuple[str, int], list[dict]] = {}
    count = dict.fromkeys(("simulated brands", "regions of the real panel"), 0)
    for world, kpi in histories(first):
        if min(count.values()) >= simulations:
            break
        if count[world] >= simulations:
            continue
        length = LENGTHS[count[world] % len(LENGTHS)]
        weeks = kpi.shape[1]
        cut = int(rng.integers(weeks - 30, weeks - length + 1))
        usable = steady(kpi, np.ones_like(kpi, dtype=bool))
        sets = match(kpi[:, :cut], kpi[:, :cut].mean(axis=1), usable, length, seed=cut)
        if not sets:
            continue
        count[world] += 1
        one = sets[int(rng.integers(len(sets)))]
        found.setdefault((world, length), []).append(_reading(kpi, cut, length, one, rng))
    rows = []
    for (world, length), cases in sorted(found.items()):
        table = pd.DataFrame(cases)
        rows.append(
            {"world": world, "weeks": length, "tests": len(table), **table.mean().to_dict()}
        )
    everything = pd.DataFrame([case for cases in found.values() for case in cases])
    rows.append({"world": "all", "tests": len(everything), **everything.mean().to_dict()})
    return rows


def _reading(kpi: np.ndarray, cut: int, length: int, one: Match, rng: np.random.Generator) -> dict:
    """One test after the cut: with nothing, half of and all of the smallest lift it sees."""
    sign = rng.choice([-1.0, 1.0])
    smallest = one.nothing.smallest
    share = kpi[one.inside, :cut].mean(axis=1)
    share = share / share.sum()
    case = {
        "promised_false": 0.1,
        "promised_half": one.nothing.power(sign * smallest / 2),
        "promised_smallest": one.nothing.power(sign * smallest),
        "smallest_over_kpi": smallest / kpi[one.inside, :cut].sum(axis=0).mean(),
    }
    for name, lift in (
        ("false", 0.0),
        ("half", sign * smallest / 2),
        ("smallest", sign * smallest),
    ):
        changed = kpi[:, : cut + length].copy()
        changed[one.inside, cut:] += lift * share[:, None]
        reading = read(changed, cut, one)
        lower, upper = reading.interval
        case[f"found_{name}"] = float(lower > 0 or upper < 0)
        case[f"covered_{name}"] = float(lower <= lift <= upper)
    return case


def read(kpi: np.ndarray, cut: int, one: Match):
    """Read the weeks from the cut on, as rows that somebody delivers."""
    regions = np.array([f"r{r:03d}" for r in range(len(kpi))])
    days = pd.date_range("2022-01-03", periods=kpi.shape[1], freq="7D")
    grid = pd.DataFrame(kpi, index=regions, columns=days).rename_axis("region")
    rows = grid.melt(ignore_index=False, var_name="day", value_name="kpi").reset_index()
    end = days[-1] + pd.Timedelta(days=6)
    left_out = tuple(regions[~one.inside & ~one.beside])
    return read_trial(
        rows, Trial("tv", tuple(regions[one.inside]), days[cut], end, False, left_out)
    )


def knowing(first: int) -> list[dict]:
    """Worth of a perfect result by 200 draws, over that by 200,000 of the same beliefs."""
    rows = []
    for number in range(12):
        rng = np.random.default_rng(first + number)
        spread, lean, other = rng.uniform(0.2, 0.8), rng.uniform(-1.0, 0.5), rng.uniform(0.0, 1.0)

        def draw(
            count: int, rng=rng, spread=spread, lean=lean, other=other
        ) -> tuple[np.ndarray, np.ndarray]:
            """Lifts with a skew, and gains of three budgets that lean on them and on more."""
            lift = np.exp(spread * rng.standard_normal(count))
            rest = other * rng.standard_normal(count)
            scaled = (lift - np.exp(spread**2 / 2)) / spread
            gain = np.stack(
                [np.zeros(count), lean + scaled + rest, lean - 0.8 * scaled - 0.5 * rest], axis=1
            )
            return lift, gain

        lift, gain = draw(200_000)
        groups = np.array_split(np.argsort(lift), 400)
        exact = np.mean([gain[own].mean(axis=0).max() for own in groups]) - gain.mean(axis=0).max()
        lift, gain = draw(200)
        rows.append({"exact": exact, "regression": Decision(gain).worth_of_knowing(lift, 1.0)})
    return rows


def main() -> None:
    """Print and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", default=["planted", "knowing"])
    parser.add_argument("--simulations", type=int, default=200)
    parser.add_argument("--first", type=int, default=30_000)
    asked = parser.parse_args()
    out: list[dict] = []
    if "planted" in asked.parts:
        rows = planted(asked.simulations, asked.first)
        print(pd.DataFrame(rows).round(3).to_string(index=False))
        out += [{"part": "planted", **row} for row in rows]
    if "knowing" in asked.parts:
        rows = knowing(asked.first)
        table = pd.DataFrame(rows)
        print(table.round(3).to_string(index=False))
        ratio = table["regression"].sum() / table["exact"].sum()
        print(f"in all {ratio:.2f} of brute force, correlation {table.corr().iloc[0, 1]:.2f}")
        out += [{"part": "knowing", **row} for row in rows]
    write("experiments", out)


if __name__ == "__main__":
    main()
