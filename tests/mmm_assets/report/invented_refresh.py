"""A plausible refresh, written straight into mart tables: the report reads nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import duckdb
import numpy as np
import pandas as pd

from mmm_assets import mart
from mmm_model.graph.settings import METHODS
from tests.mmm_assets.report.invented_plans import invented_plans

WEEK = date(2026, 11, 16)
CHANNELS = ("tv", "search", "social", "radio", "display", "out_of_home")
DRAWS = 24


@dataclass(frozen=True)
class Example:
    """What the invented refresh looks like."""

    regions: int = 12
    weeks: int = 110
    channels: tuple[str, ...] = CHANNELS
    controls: tuple[str, ...] = ("price", "holiday")
    spend: bool = True
    edges: bool = True
    budgets: bool = True
    holdout: int = 8
    week: date = WEEK
    region_names: tuple[str, ...] = ()
    seed: int = 0
    published: bool = True
    moving: str | None = "social"
    reached: tuple[str, ...] = ()
    treated: bool = False
    lasting: str = ""
    plans: bool = False
    campaigns: tuple[str, ...] = ()
    unpaid: bool = False
    further: tuple[str, ...] = ()


def create_mart(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty mart tables, as declared."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS mart")
    for table in mart.TABLES:
        columns = ", ".join(f'"{c.name}" {c.type}' for c in table.all_columns)
        connection.execute(f"CREATE TABLE IF NOT EXISTS mart.{table.name} ({columns})")


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, week: date, rows: pd.DataFrame
) -> None:
    if "refresh_week" not in rows:  # what was decided bears an earlier one
        rows = rows.assign(refresh_week=pd.Timestamp(week))
    columns = [c.name for c in mart.BY_NAME[table].all_columns]
    connection.register("incoming", rows.reindex(columns=columns))
    connection.execute(f"INSERT INTO mart.{table} SELECT * FROM incoming")
    connection.unregister("incoming")


def fill(connection: duckdb.DuckDBPyConnection, example: Example) -> None:
    """Write one refresh."""
    make = _Invented(example)
    for table, rows in make.tables().items():
        if len(rows):
            _insert(connection, table, example.week, rows)


class _Invented:
    def __init__(self, example: Example) -> None:
        self.example = e = example
        self.rng = rng = np.random.default_rng(e.seed)
        self.weeks = pd.date_range(end=pd.Timestamp(e.week), periods=e.weeks, freq="W-MON")
        names = e.region_names or tuple(f"Region {i + 1:02d}" for i in range(e.regions))
        self.regions = names if e.regions > 1 else names[:1] if e.region_names else ("national",)
        r, w, c = len(self.regions), e.weeks, len(e.channels)
        size = 4000 * rng.lognormal(0, 0.6, r)[:, None]
        year = 2 * np.pi * np.arange(w) / 52.18
        self.baseline = size * (1 + 0.15 * np.linspace(0, 1, w) + 0.02 * rng.normal(size=(r, w)))
        self.season = size * 0.12 * np.sin(year + 1)[None, :] * np.ones((r, 1))
        self.control = size[..., None] * 0.05 * rng.normal(size=(r, w, len(e.controls)))
        pulse = np.clip(rng.normal(0.6, 0.4, (r, w, c)), 0, None)
        pulse = 0.5 * pulse + 0.3 * np.roll(pulse, 1, 1) + 0.2 * np.roll(pulse, 2, 1)
        self.strength = np.sort(rng.gamma(1.5, 0.05, c))[::-1] * min(1.0, 8 / max(c, 1))
        self.media = size[..., None] * pulse * self.strength
        self.cost = self.media.sum((0, 1)) * rng.lognormal(0.1, 0.5, c) * 8
        self.predicted = self.baseline + self.season + self.control.sum(-1) + self.media.sum(-1)

    def tables(self) -> dict[str, pd.DataFrame]:
        e = self.example
        tables = {
            "holdout_metrics": self._metrics(),
            "predictions": self._predictions(),
            "contributions": self._contributions(),
            "channel_summary": self._summary(),
            "adstock_curves": self._adstock(),
            "response_curves": self._curves(),
            "response_curve_parameters": self._parameters(),
            "response_shapes": self._shapes(),
            "response_draws": self._draws(),
            "channel_graph": self._graph(),
            "graph_methods": self._graph_methods(),
            "graph_metrics": self._graph_metrics(),
            "graph_controls": self._graph_controls(),
            "first_stages": self._first_stages(),
            "edge_tests": self._edge_tests(),
            "optimal_budgets": self._budgets(),
            "lift_tests": self._lift_tests(),
            "weekly_budgets": self._weeks(),
            "experiment_ideas": self._ideas(),
            "experiment_track": self._tests(),
            **(invented_plans(e.week, e.channels) if e.plans else {}),
            "budget_scenarios": self._scenarios(),
            "data_checks": self._checks(),
            "restatements": self._restatements(),
            "training_history": self._history(),
            "forecast_skill": self._track(),
            "media": self._media(),
            "effectiveness": self._effectiveness(),
            "effectiveness_evidence": self._effectiveness_evidence(),
            "trust_tests": self._trust(),
            "frequency": self._frequency(),
            "treatments": self._treatments(),
            "campaign_summary": self._campaigns(),
            "long_term": self._long_term(),
            "mediators": self._mediators(),
            "mediator_weeks": self._mediator_weeks(),
            **(self._kpis() if e.further else {}),
        }
        if self.example.published:
            tables["refreshes"] = self._refresh()
        return tables

    def _long_term(self) -> pd.DataFrame:
        """Of the first two channels, ``told`` or ``untold``."""
        names, told = self.example.channels[:2], self.example.lasting == "told"
        found = pd.DataFrame(
            {
                "channel": names, "told": told, "log_bayes_factor": 4.0 if told else 0.2,
                "share": 0.48 if told else 0.5, "share_lower": 0.33 if told else 0.24,
                "share_upper": 0.62 if told else 0.76, "half_life": 52.0, "half_life_lower": 30.0,
                "half_life_upper": 90.0, "roi": 1.1, "roi_lower": 0.9, "roi_upper": 1.3,
                "statement": "Of all that it brings, 48 % (33 % to 62 %) comes in later weeks and "
                "years, half of it within 52 weeks (30 to 90); the evidence is strong."
                if told else "This table cannot tell a long-term effect of it: over its 110 weeks "
                "a level that drifts explains the KPI as well. Other brands have 24 % to 76 % of "
                "it later; none of that is in any figure here.",
            }
        )  # fmt: skip
        amounts = {
            "short_term": 10_000.0, "long_term": 9_000.0, "long_term_lower": 5_000.0,
            "long_term_upper": 15_000.0, "to_come": 4_000.0, "to_come_lower": 1_500.0,
            "to_come_upper": 7_000.0,
        }  # fmt: skip
        each = np.array([1.0, 0.5])[: len(names)]
        if told:
            found = found.assign(**{name: value * each for name, value in amounts.items()})
            found = found.assign(
                roi_with_long_term=2.1, roi_with_long_term_lower=1.5, roi_with_long_term_upper=2.9
            )
        return found if self.example.lasting else found.head(0)

    def _mediators(self) -> pd.DataFrame:
        """Brand searches, and awareness of a survey; the first channel creates most of both."""
        names = (None, *self.example.channels)
        share = np.array([0.4, 0.3, *(0.1 / max(len(names) - 2, 1) for _ in names[2:])])
        rows = [
            pd.DataFrame({"channel": names, "created_share": times * share}).assign(
                mediator=mediator, kind=kind, weeks=20, effect=0.2, effect_lower=0.1,
                effect_upper=0.3, created_share_lower=0.5 * times * share,
                created_share_upper=1.5 * times * share, contribution=20_000 * times * share,
                contribution_lower=10_000 * times * share,
                contribution_upper=30_000 * times * share,
            )
            for mediator, kind, times in (
                ("brand_searches", "counted", 1.0), ("<b>awareness</b>", "survey", 0.5),
            )
        ]  # fmt: skip
        return pd.concat(rows) if self.example.unpaid else rows[0].head(0)

    def _mediator_weeks(self) -> pd.DataFrame:
        """Both of them, the survey in every fourth week."""
        grid = self._grid()
        if not self.example.unpaid:
            return grid.head(0)
        wave = np.tile(np.arange(self.example.weeks) % 4 == 0, len(self.regions))
        moves = 1 + 0.1 * np.sin(np.arange(len(grid)) / 5)
        searches = grid.assign(
            mediator="brand_searches", value=900 * moves, error=0.0, expected=900 * moves,
            lower=900 * moves, upper=900 * moves, created=360 * moves,
        )  # fmt: skip
        known = grid.assign(
            mediator="<b>awareness</b>", value=np.where(wave, 0.3 * moves, np.nan),
            error=np.where(wave, 0.02, np.nan), expected=0.31 * moves, lower=0.27 * moves,
            upper=0.35 * moves, created=0.06 * moves,
        )  # fmt: skip
        return pd.concat([searches, known], ignore_index=True)

    def _campaigns(self) -> pd.DataFrame:
        """Three of each channel of ``campaigns``: one better, one worse, one as its channel."""
        brought = np.array([5000.0, 3000.0, 2000.0])
        one = pd.DataFrame(
            {
                "campaign": ["spring", "always on", "autumn"],
                "first_week": self.weeks[[0, 0, len(self.weeks) // 3]],
                "last_week": self.weeks[[len(self.weeks) // 2, -1, -1]],
                "spend": 1000.0,
                "exposure": 90_000.0,
                "contribution": brought,
                "lower": 0.7 * brought,
                "upper": 1.3 * brought,
                "share": brought / brought.sum(),
                "roi": brought / 2000 if self.example.spend else np.nan,
                "roi_lower": 0.7 * brought / 2000,
                "roi_upper": 1.3 * brought / 2000,
                "against_channel": [1.5, 1.0, 0.6],
                "against_lower": [1.2, 0.8, 0.4],
                "against_upper": [1.8, 1.2, 0.8],
                "own_evidence": [0.7, 0.4, 0.6],
            }
        )
        every = [one.assign(channel=name) for name in self.example.campaigns]
        return pd.concat(every) if every else one.head(0)

    def _kpis(self) -> dict[str, pd.DataFrame]:
        """A twentieth of the main KPI each, brought by the other channels first."""
        e, main = self.example, self._summary()
        parts = [main.assign(kpi="orders", is_main=True)]
        trade = []
        for name in e.further:
            few = main.copy()
            for column in ("contribution", "contribution_lower", "contribution_upper"):
                few[column] = main[column].to_numpy()[::-1] / 20
            parts.append(few.assign(kpi=name, is_main=False))
            share = np.linspace(0, 1, 7)
            brings, main_brings = 100 + 40 * np.sqrt(share), 4000 - 600 * share**2
            points = pd.DataFrame({"weight": share, "response": brings,
                                   "main_response": main_brings})  # fmt: skip
            today = pd.DataFrame(
                {"weight": [np.nan], "response": [95.0], "main_response": [3700.0]}
            )
            points = pd.concat([today, points], ignore_index=True)
            for column, to in (("lower", 0.8), ("upper", 1.2)):
                points[column] = to * points["response"]
                points[f"main_{column}"] = to * points["main_response"]
            trade.append(points.assign(kpi=name, point=range(8)))
        return {
            "kpi_channel_summary": pd.concat(parts, ignore_index=True),
            "kpi_frontier": pd.concat(trade, ignore_index=True),
        }

    def _frequency(self) -> pd.DataFrame:
        """Of the channels ``reached``: the same money brings the most at 2.4 contacts."""
        often = np.round(np.linspace(1, 5, 41), 1)
        brings = 400 * often**1.4 / (often**2.4 + 2.0**2.4) * 2.0
        probability = np.exp(-0.5 * ((often - 2.4) / 0.5) ** 2)
        one = pd.DataFrame(
            {
                "frequency": often,
                "response": brings,
                "lower": 0.8 * brings,
                "upper": 1.2 * brings,
                "roi": brings / 150 if self.example.spend else np.nan,
                "roi_lower": 0.8 * brings / 150,
                "roi_upper": 1.2 * brings / 150,
                "probability": probability / probability.sum(),
                "is_best": np.arange(len(often)) == brings.argmax(),
                "is_current": often == 4.0,
            }
        )
        every = [one.assign(channel=name) for name in self.example.reached]
        return pd.concat(every) if every else one.head(0)

    def _treatments(self) -> pd.DataFrame:
        """One of each kind; of Christmas the days before it and the day itself."""
        columns = ["treatment", "kind", "part", "effect", "effect_lower", "effect_upper"]
        rows = [
            ("discount", "promotion", None, 0.21, 0.15, 0.27),
            ("price", "price", None, -1.8, -2.4, -1.2),
            ("Christmas", "holiday", "before", 0.3, 0.2, 0.4),
            ("Christmas", "holiday", "day", -0.05, -0.2, 0.1),
            ("<b>fair</b>", "event", None, 0.01, -0.02, 0.04),
        ]
        brought = np.array([9000.0, -500.0, 4000.0, -300.0, 20.0])
        money = 10 * brought if self.example.spend else np.full(5, np.nan)
        found = pd.DataFrame(rows, columns=columns).assign(
            reference=0.0, weeks=20, contribution=brought, contribution_lower=brought - 100,
            contribution_upper=brought + 100, value=money, value_lower=money - 1000,
            value_upper=money + 1000, share=0.01,
        )  # fmt: skip
        return found if self.example.treated else found.head(0)

    def _treated(self) -> list[tuple[str, str, np.ndarray]]:
        """Components that treatments make: in each week a small part of the baseline."""
        names = {"discount": "promotion", "price": "price", "holidays": "holiday",
                 "<b>fair</b>": "event"}  # fmt: skip
        if not self.example.treated:
            return []
        return [
            (name, kind, 0.01 * (place + 1) * self.baseline)
            for place, (name, kind) in enumerate(names.items())
        ]

    def _grid(self) -> pd.DataFrame:
        index = pd.MultiIndex.from_product([self.regions, self.weeks], names=["region", "week"])
        return index.to_frame(index=False)

    def _predictions(self) -> pd.DataFrame:
        e = self.example
        noise = self.rng.normal(0, 0.05, self.predicted.shape) * self.predicted.mean(
            1, keepdims=True
        )
        actual = self.predicted + noise
        if len(self.regions) > 1:
            actual[-1, : e.weeks // 5] = np.nan
        width = 1.64 * 0.055 * self.predicted.mean(1, keepdims=True)
        split = np.where(np.arange(e.weeks) >= e.weeks - e.holdout, "holdout", "train")
        self.actual = actual
        rows = self._grid().assign(
            split=np.tile(split, len(self.regions)),
            actual=actual.ravel(),
            predicted=self.predicted.ravel(),
            lower=(self.predicted - width).ravel(),
            upper=(self.predicted + width).ravel(),
        )
        # The final model has fitted the held-out weeks too, and says so beside the forecast.
        held = rows["split"] == "holdout"
        fitted = rows[held].assign(split="train")
        rows.loc[held, "predicted"] *= 1.02
        return pd.concat([rows, fitted], ignore_index=True)

    def _contributions(self) -> pd.DataFrame:
        e, parts = self.example, []
        treated = self._treated()
        named = [
            ("baseline", "baseline", self.baseline - sum(values for *_, values in treated)),
            ("seasonality", "seasonality", self.season),
            *treated,
        ]
        if e.lasting == "told":
            named.append(("brand", "brand", 0.05 * self.baseline))
        named += [(n, "control", self.control[..., i]) for i, n in enumerate(e.controls)]
        named += [(n, "media", self.media[..., i]) for i, n in enumerate(e.channels)]
        for name, kind, values in named:
            flat = values.ravel()
            mediated = np.nan
            if kind == "media":
                mediated = flat * (0.3 if e.edges and name == e.channels[0] else 0.0)
            parts.append(
                self._grid().assign(
                    component=name, kind=kind, contribution=flat, lower=0.8 * flat,
                    upper=1.2 * flat, mediated=mediated,
                )
            )  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def _summary(self) -> pd.DataFrame:
        e = self.example
        direct = self.media.sum((0, 1))
        mediated = np.where(np.arange(len(direct)) == 0, 0.3, 0.0) * direct * e.edges
        total, value = direct + mediated, 10.0
        unpaid = 0.2 * direct * e.unpaid
        spend = self.cost if e.spend else np.full(len(direct), np.nan)
        roi = value * total / spend
        return pd.DataFrame(
            {
                "channel": e.channels, "spend": spend, "exposure": self.cost * 37, "direct": direct,
                "direct_alone": direct - unpaid, "mediated_unpaid": unpaid,
                "mediated": mediated, "contribution": total, "share": direct / self.predicted.sum(),
                "roi": roi, "roi_lower": 0.6 * roi, "roi_upper": 1.5 * roi,
                "marginal_roi": 0.7 * roi, "contribution_lower": 0.6 * total,
                "contribution_upper": 1.5 * total, "direct_roi": value * direct / spend,
            }
        )  # fmt: skip

    def _metrics(self) -> pd.DataFrame:
        rows = []
        for scope in ("pooled", "national", "within_region"):
            error = {
                "mmm": 0.05,
                "last_value": 0.08,
                "last_4_mean": 0.07,
                "seasonal_naive": 0.11,
                "train_mean": 0.1,
            }
            for model, value in error.items():
                rows.append((scope, model, "relative_rmse", value))
                reference = error["last_value"] if model == "mmm" else value
                rows.append((scope, model, "skill", 1 - error["mmm"] / reference))
            rows.append((scope, "mmm", "coverage_90", 0.91))
        return pd.DataFrame(rows, columns=["scope", "model", "metric", "value"])

    def _track(self) -> pd.DataFrame:
        horizons = np.array([np.nan, 1, 2, 3, 4])
        skill = np.array([0.31, 0.42, 0.35, 0.28, 0.2])
        return pd.DataFrame(
            {
                "horizon_weeks": horizons, "refreshes": [4, 4, 3, 2, 1],
                "region_weeks": np.array([10, 4, 3, 2, 1]) * len(self.regions),
                "relative_rmse": 0.06 + 0.01 * np.nan_to_num(horizons), "skill": skill,
                "coverage_90": 0.88,
            }
        )  # fmt: skip

    def _adstock(self) -> pd.DataFrame:
        rows = []
        for i, channel in enumerate(self.example.channels):
            weight = (0.2 + 0.12 * (i % 6)) ** np.arange(9)
            weight = weight / weight.sum()
            rows += [(channel, lag, x, 0.8 * x, 1.2 * x) for lag, x in enumerate(weight)]
        return pd.DataFrame(rows, columns=["channel", "lag_weeks", "weight", "lower", "upper"])

    def _curves(self) -> pd.DataFrame:
        parts = []
        times = np.linspace(0, 3, 31)
        for i, channel in enumerate(self.example.channels):
            now = self.cost[i] / self.example.weeks * (1 if self.example.spend else 37)
            top = 2.5 * self.media[..., i].sum() / self.example.weeks
            half = now * (0.8 + 0.3 * (i % 4))
            x = times * now
            y = top * x / (x + half)
            parts.append(
                pd.DataFrame(
                    {
                        "channel": channel, "region": None, "spend": x, "response": y,
                        "marginal_response": top * half / (x + half) ** 2, "lower": 0.7 * y,
                        "upper": 1.35 * y, "is_current": np.isclose(times, 1),
                        "in_data_range": times <= 1.6,
                    }
                )
            )  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def _shapes(self) -> pd.DataFrame:
        """Two shapes: one that saturates soon and one that does late."""
        times = (np.arange(57) / 32) ** 2
        parts = [
            {"channel": name, "shape": shape, "multiplier": times, "height": times / (times + half)}
            for name in self.example.channels
            for shape, half in ((1, 0.5), (2, 3.0))
        ]
        return pd.concat(map(pd.DataFrame, parts), ignore_index=True)

    def _draws(self) -> pd.DataFrame:
        if not self.example.spend:
            return pd.DataFrame()
        now = self.media.sum(1) / self.example.weeks  # [R, C]
        scale = np.random.default_rng(1).lognormal(0, 0.2, (DRAWS, 2, *now.shape))
        weight = scale * np.array([0.9, 1.6])[:, None, None] * now  # [M, K, R, C]
        index = pd.MultiIndex.from_product(
            [range(1, DRAWS + 1), (1, 2), self.regions, self.example.channels],
            names=["draw", "shape", "region", "channel"],
        )
        return index.to_frame(index=False).assign(weight=weight.ravel())

    def _parameters(self) -> pd.DataFrame:
        now = self.cost / self.example.weeks
        return pd.DataFrame(
            {
                "channel": self.example.channels, "slope": 1.0,
                "half_saturation": now * (0.8 + 0.3 * (np.arange(len(now)) % 4)),
                "ceiling": 2.5 * self.media.sum((0, 1)) / self.example.weeks, "r2": 0.999,
            }
        )  # fmt: skip

    def _graph(self) -> pd.DataFrame:
        names = self.example.channels
        rows = [
            (a, b, lag, 0.45 - 0.1 * lag, max(0.2, 0.95 - 0.1 * i), i < 4)
            for i, (a, b) in enumerate(pairwise(names))
            for lag in (0, 1)
        ]
        rows += [(names[0], name, 0, 0.2, 0.6, True) for name in names[2:5]]
        columns = ["source", "target", "lag_weeks", "weight", "probability", "published"]
        graph = pd.DataFrame(rows if self.example.edges else [], columns=columns)
        graph = graph.assign(source_kind="channel", target_kind="channel")
        if self.example.edges and self.example.controls:
            control = self.example.controls[0]
            graph.loc[len(graph)] = [names[0], control, 0, 0.3, 0.95, True, "channel", "control"]
        status = np.where(graph["published"].astype(bool), "published", "undetermined")
        return graph.assign(status=status, method="order")

    def _graph_methods(self) -> pd.DataFrame:
        rows = [(method, method == "order", None, None, None, None, None) for method in METHODS]
        graph = self._graph()
        if len(graph):
            first = graph.loc[0, ["source", "target"]].tolist()
            rows += [(m, m == "order", *first, 0, 0.9, m != "notears") for m in METHODS]
        columns = [
            "method", "used", "source", "target", "lag_weeks", "probability", "published",
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def _graph_metrics(self) -> pd.DataFrame:
        if not self.example.edges:
            return pd.DataFrame()
        values = {"varsortability": 0.6, "r2_sortability": 0.45, "published_pairs": 4}
        return pd.DataFrame(list(values.items()), columns=["metric", "value"])

    def _graph_controls(self) -> pd.DataFrame:
        rows = [
            (name, "exogenous", True, None, None, None, "")
            if i or not self.example.edges
            else (name, "driven", False, self.example.channels[0], 0, 0.95, "")
            for i, name in enumerate(self.example.controls)
        ]
        columns = ["control", "role", "in_response", "driver", "lag_weeks", "probability", "drives"]
        return pd.DataFrame(rows, columns=columns)

    def _first_stages(self) -> pd.DataFrame:
        names = self.example.channels
        if not self.example.edges or len(names) < 2:
            return pd.DataFrame()
        columns = [
            "channel", "instruments", "f_statistic", "weak", "noise_share", "noise_share_lower",
            "noise_share_upper", "correction",
        ]  # fmt: skip
        rows = [
            (names[0], "its_budget", 4.2, True, 1.0, 1.0, 1.0, 0.06),
            (names[1], None, None, None, 0.6, 0.2, 0.9, 0.03),
        ]
        return pd.DataFrame(rows, columns=columns)

    def _edge_tests(self) -> pd.DataFrame:
        names, direct = self.example.channels, self.media.sum((0, 1))
        if not self.example.edges or len(names) < 2:
            return pd.DataFrame()
        through = 0.3 * direct[0]
        return pd.DataFrame(
            [
                {
                    "source": names[0], "target": names[1], "lag_weeks": 0, "probability": 0.95,
                    "mediated": through, "mediated_lower": 0.6 * through,
                    "mediated_upper": 1.4 * through, "mediated_share": 0.3 / 1.3,
                    "target_error": 0.1, "target_error_without": 0.12, "forecast_gain": 1 / 6,
                    "kpi_forecast_change": 0.01,
                }
            ]
        )  # fmt: skip

    def _budgets(self) -> pd.DataFrame:
        parts = []
        if not (self.example.budgets and self.example.spend):
            return pd.DataFrame()
        moved = np.where(np.arange(len(self.cost)) % 2 == 0, 1.25, 0.7)
        share = self.media.sum(1) / self.media.sum((0, 1))
        for scenario, scale in (("same_budget", 1.0), ("minus_20", 0.8), ("plus_20", 1.2)):
            now = self.cost / self.example.weeks
            best = now * moved
            best *= scale * now.sum() / best.sum()
            before = self.media.sum((0, 1)) / self.example.weeks
            after = before * (best / now) ** 0.6 * 1.05
            national = pd.DataFrame(
                {
                    "scenario": scenario, "channel": self.example.channels, "region": None,
                    "current_spend": now, "optimal_spend": best, "current_response": before,
                    "optimal_response": after, "lower": 0.8 * after, "upper": 1.25 * after,
                }
            )  # fmt: skip
            held = np.where(moved > 1, "most", "uncertain")
            parts.append(national.assign(marginal_roi=after / best, binding=held))
            for i, region in enumerate(self.regions):
                part = national.assign(region=region)
                for name in part.columns[3:]:
                    part[name] = part[name] * share[i]
                parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def _scenarios(self) -> pd.DataFrame:
        budgets = self._budgets()
        if budgets.empty:
            return budgets
        whole = budgets[budgets["region"].isna()]
        names = ["current_spend", "optimal_spend", "current_response", "optimal_response"]
        sums = whole.groupby("scenario")[[*names, "lower", "upper"]].sum().reset_index()
        gain = sums["optimal_response"] - sums["current_response"]
        return sums.assign(
            asked="multiplier",
            asked_value=1.0,
            gain=gain,
            gain_lower=gain - 0.1 * gain.abs(),
            gain_upper=gain + 0.1 * gain.abs(),
            roi=sums["optimal_response"] / sums["optimal_spend"],
            marginal_roi=0.6 * sums["optimal_response"] / sums["optimal_spend"],
        )

    def _weeks(self) -> pd.DataFrame:
        ahead = self.weeks[-1] + pd.to_timedelta(7 * np.arange(1, 5), "D")
        names = self.example.channels if self.example.spend and self.example.budgets else ()
        frame = pd.DataFrame(
            [("same_budget", name, week) for name in names for week in ahead],
            columns=["scenario", "channel", "week"],
        )
        return frame.assign(current_spend=100.0, optimal_spend=np.arange(len(frame)) + 50.0)

    def _lift_tests(self) -> pd.DataFrame:
        first, ends = self.example.channels[0], ("", "_lower", "_upper")
        return pd.DataFrame(
            {
                "channel": [first, first],
                "region": [None, self.regions[0]],
                "start_week": [None, self.weeks[0]],
                "end_week": [None, self.weeks[-1]],
                "change": [100.0, 50.0],
                "measured": [20.0, 90.0],
                "standard_error": [3.0, 1.0],
                "used_error": [3.0, 80.0],
                "conflicts": [False, True],
                **{f"before{end}": [10.0 + n, 9.0 + n] for n, end in enumerate(ends)},
                **{f"after{end}": [18.0 + n, 11.0 + n] for n, end in enumerate(ends)},
            }
        )

    def _ideas(self) -> pd.DataFrame:
        """A test of each channel in two kinds, the first of which pays for itself."""
        if not self.example.spend or len(self.regions) < 4:
            return pd.DataFrame()
        channels, count = self.example.channels, len(self.example.channels)
        worth, cost = 30_000.0 / np.arange(1, count + 1), np.full(count, 12_000.0)
        rows = pd.DataFrame(
            {
                "channel": channels,
                "kind": ["holdback", "heavy_up"][: min(count, 2)] + ["go_dark"] * (count - 2),
                "rank": np.arange(1, count + 1),
                "weeks": 8,
                "regions": "|".join(self.regions[:3]),
                "worth": worth,
                "worth_of_certainty": 2 * worth,
                "cost": cost,
                "unit": "money",
                "use_weeks": 52,
                "net": worth - cost,
                "spend_change": -9_000.0,
                "kpi_change": -7_000.0,
                "expected": -900.0,
                "lower": -1_500.0,
                "upper": -300.0,
                "standard_error": 400.0,
                "smallest": 1_100.0,
                "power": 0.62,
                "known": 0.45,
                "false_share": 0.09,
                "age_weeks": [30.0] + [np.nan] * (count - 1),
            }
        )
        return rows

    def _tests(self) -> pd.DataFrame:
        """A test that runs, and one that was read and found what was expected."""
        running = {
            "experiment": "Winter", "kind": "go_dark", "status": "running", "change": -900.0,
            "delivered": -870.0, "start_week": self.weeks[-2], "end_week": self.weeks[-1],
        }  # fmt: skip
        read = {
            "status": "read", "measured": -1_300.0, "standard_error": 300.0, "inside": True,
            "now": -1_150.0, "now_lower": -1_500.0, "now_upper": -800.0, "age_weeks": 52.0,
            "weight": 0.5, "start_week": self.weeks[0], "end_week": self.weeks[:7][-1],
        }  # fmt: skip
        rows = pd.DataFrame([running, read]).assign(
            channel=self.example.channels[0], regions=self.regions[0], expected=-1_000.0,
            lower=-1_700.0, upper=-300.0,
        )  # fmt: skip
        return rows

    def _checks(self) -> pd.DataFrame:
        rows = [("media", f"rule {i}", "blocking", True, 0, "") for i in range(6)]
        rows += [("kpi", "gaps", "warning", False, 22, "kpi: 22 weeks have no value.")]
        columns = ["table_name", "rule", "severity", "passed", "failed_rows", "message"]
        return pd.DataFrame(rows, columns=columns)

    def _restatements(self) -> pd.DataFrame:
        rows = [
            ("kpi", "restated", self.regions[0], None, self.weeks[-3], "kpi", 10.0, 12.0, 60.0),
            ("media", "late", self.regions[0], "tv", self.weeks[-2], "spend", None, 90.0, 90.0),
        ]
        columns = ["table_name", "kind", "region", "name", "week", "column_name", "value_before",
                   "value_after", "money"]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def _history(self) -> pd.DataFrame:
        rows = [
            (fit, step, term, scale * (0.1 + np.exp(-step / 120)))
            for fit in ("holdout", "final")
            for step in range(0, 600, 10)
            for term, scale in (("total", 1.0), ("fit", 0.6), ("structure", 0.3), ("prior", 0.1))
        ]
        return pd.DataFrame(rows, columns=["fit", "step", "term", "loss"])

    def _media(self) -> pd.DataFrame:
        e = self.example
        share = self.media / self.media.sum((0, 1))
        parts = []
        for i, channel in enumerate(e.channels):
            spend = (share[..., i] * self.cost[i]).ravel()
            rows = self._grid().assign(channel=channel, spend=spend, exposure=37 * spend)
            parts.append(rows[rows["exposure"] > 0])
        rows = pd.concat(parts, ignore_index=True)
        return rows if e.spend else rows.assign(spend=np.nan)

    def _effectiveness(self) -> pd.DataFrame:
        week = np.arange(self.example.weeks)
        path = 1.1 - 0.2 / (1 + np.exp(0.2 * (self.example.weeks - 25 - week)))
        parts = []
        for channel in self.example.channels:
            moves = channel == self.example.moving
            value = path / path.mean() if moves else np.ones(len(week))
            parts.append(
                pd.DataFrame(
                    {
                        "channel": channel, "week": self.weeks, "effectiveness": value,
                        "lower": value - 0.1 * moves, "upper": value + 0.1 * moves,
                    }
                )
            )  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def _effectiveness_evidence(self) -> pd.DataFrame:
        rows = [
            {
                "channel": channel, "log_bayes_factor": 4.2, "evidence": "strong", "moves": True,
                "since": self.weeks[-min(30, len(self.weeks))], "change": -0.19,
                "change_lower": -0.3, "change_upper": -0.08,
                "statement": f"The effect of {channel} fell by 19 % (8 % to 30 %) since May 2026; "
                "the evidence is strong.",
            }
            if channel == self.example.moving
            else {
                "channel": channel, "log_bayes_factor": -0.4, "evidence": "none", "moves": False,
                "statement": f"No sign that the effect of {channel} changed.",
            }
            for channel in self.example.channels
        ]  # fmt: skip
        return pd.DataFrame(rows).astype({"moves": "boolean"})

    def _trust(self) -> pd.DataFrame:
        """The first channel is in no doubt, the second in one, all others in two."""
        measures = {
            ("placebo", "beats"): (0.99, 0.9), ("twin", "known_to"): (0.3, 0.5),
            ("interval_width", "half_width"): (0.2, 0.5), ("placebo", "return"): (0.4, np.nan),
            ("prior_against_data", "learned"): (0.6, 0.3),
        }  # fmt: skip
        rows = [
            {
                "test": test, "measure": measure, "channel": channel, "value": value,
                "lower": 0.1, "upper": 0.9, "threshold": threshold,
                "verdict": "none" if measure == "return"
                else "doubtful" if doubt <= min(number, 2) else "good",
                "sentence": f"{test} says {measure} of {channel}.",
                "tested_week": pd.Timestamp(self.example.week), "holds": False,
            }
            for number, channel in enumerate(self.example.channels)
            for doubt, ((test, measure), (value, threshold)) in enumerate(measures.items(), 1)
        ]  # fmt: skip
        rows += [
            {"test": "overall", "measure": "doubts", "channel": channel,
             "value": min(number, 2), "threshold": 0.0, "holds": False,
             "verdict": "doubtful" if number else "good", "sentence": f"Doubts of {channel}.",
             "tested_week": pd.Timestamp(self.example.week)}
            for number, channel in enumerate(self.example.channels)
        ]  # fmt: skip
        whole = {"test": "twin", "measure": "order", "value": 0.9, "threshold": 0.7,
                 "verdict": "good", "sentence": "The order was found.", "holds": False,
                 "tested_week": pd.Timestamp(self.example.week)}  # fmt: skip
        return pd.DataFrame([*rows, whole])

    def _refresh(self) -> pd.DataFrame:
        e = self.example
        row = {"status": "published", "reason": "", "regions": len(self.regions), "weeks": e.weeks,
               "channels": len(e.channels), "seconds": 20.0, "seed": 0, "kpi_name": "orders",
               "currency": "EUR", "project": "Example brand"}  # fmt: skip
        return pd.DataFrame([row])
