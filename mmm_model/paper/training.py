"""Training of the paper's model: every parameter of every member by one loss.

Adam on the sum of the members' losses. In a first part the adjacency is free, and an augmented
Lagrangian makes cycles ever dearer; then small edges and what is left of cycles are cut, and the
rest goes on training without them until the weeks that a member does not learn from are foretold
no better.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mmm_model.equation.equation import Inputs
from mmm_model.paper import losses
from mmm_model.paper.adjacency import AllowedEdges, kept_edges
from mmm_model.paper.network import PaperEquation
from mmm_model.settings import ModelSettings

# Share of the steps in which edges may still come.
_FREE_PART = 0.5
# Steps between two looks at the withheld weeks and at the penalty.
_LOOK = 10
# Looks without a better forecast after which training ends.
_PATIENCE = 8
# A forecast is better from this share of the error.
_BETTER = 1e-3
# One block of weeks in so many is withheld from a member.
_WITHHELD = 8
# Regions of a step; with more, every step reads others.
_REGIONS_OF_A_STEP = 64
# The learning rate at the last step over that at the first.
_LAST_RATE = 0.05
# Largest norm of a member's gradient of the network, and of its adjacency.
_LARGEST_GRADIENT = 1.0
# Penalty on cycles at the start, its growth while they stay, and its largest.
_PENALTY, _GROWTH, _LARGEST_PENALTY = 1.0, 4.0, 1e6
_TERMS = ("huber", "structure", "penalty", "l1", "l2", "acyclicity", "gradient_norm")
_OF_THE_LOSS = 5


@dataclass(frozen=True)
class Data:
    """What is fitted: R regions, W weeks.

    Parameters
    ----------
    inputs
        Scaled panel of the fitted weeks.
    target
        ``[R, W]`` KPI in units of the region's size.
    observed
        ``[R, W]`` 1 where it is known.
    """

    inputs: Inputs
    target: Tensor
    observed: Tensor


@dataclass(frozen=True)
class Trained:
    """Result of a training.

    Parameters
    ----------
    equation
        Settled.
    withheld
        ``[M, R, W]`` 1 for the observed cells that a member did not learn from.
    history
        Terms of the loss by step, averaged over members.
    """

    equation: PaperEquation
    withheld: Tensor
    history: list[dict[str, float]]


def train_end_to_end(
    data: Data,
    settings: ModelSettings,
    edges: AllowedEdges,
    report: Callable[[float], None] = lambda _share: None,
) -> Trained:
    """Train all members as one batch.

    Parameters
    ----------
    settings
        ``steps`` at most, and the ``learning_rate`` at their start.
    edges
        That the adjacency may have.
    report
        Called with the fraction that is done.
    """
    run = _Run(data, settings, edges)
    step = -1
    for step in range(settings.steps):
        run.step(step)
        if step + 1 == run.free_steps:
            run.cut(edges)
        if (step + 1) % _LOOK == 0:
            report((step + 1) / settings.steps)
            if run.look(step + 1):
                break
    return run.result()


class _Run:
    """A training on its way.

    Parameters
    ----------
    data, settings, edges
        As in `train_end_to_end`.
    """

    def __init__(self, data: Data, settings: ModelSettings, edges: AllowedEdges) -> None:
        self.data, self.settings = data, settings
        like, members = data.target, settings.members
        regions, _, channels = data.inputs.exposure.shape
        shape = (members, regions, channels, data.inputs.control.shape[-1])
        self.draw = torch.Generator().manual_seed(settings.seed)
        self.withheld = _withheld(data.observed, settings, self.draw)
        self.learned = data.observed - self.withheld
        self.deviation = _deviation(data)
        self.calendar = _calendar(data.inputs.harmonic)
        self.driven = _standardised(data.inputs.exposure.log1p(), self.calendar)
        self.equation = PaperEquation(settings, shape).to(like)
        self.equation.start(_usual_share(self.equation, data.inputs), settings.seed)
        self.may_be = (
            torch.as_tensor(edges.allowed | edges.required)
            .to(like)
            .expand(members, channels, channels)
        )
        self.parameters = dict(self.equation.named_parameters())
        self.network = [p for name, p in self.parameters.items() if name != "adjacency"]
        self.centres = {
            name: self.parameters[name].detach().clone()
            for name in ("media_ceiling", "control_ceiling")
        } | {p.name: p.centre(like) for p in self.equation.shape_parameters}
        self.optimiser = torch.optim.Adam(self.equation.parameters(), lr=settings.learning_rate)
        rate = _falling_rate(settings.steps)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimiser, rate)
        self.multiplier, self.penalty = like.new_zeros(members), like.new_full((members,), _PENALTY)
        self.before = like.new_full((members,), torch.inf)
        self.free_steps = int(_FREE_PART * settings.steps)
        self.best, self.score = self._copy(), like.new_full((members,), torch.inf)
        self.stale = like.new_zeros(members)
        self.terms: list[Tensor] = []
        self._only_possible_edges()

    def step(self, number: int) -> None:
        """Move every parameter once, by the losses of some regions."""
        rows = self._rows()
        terms = self._terms(rows)
        self.optimiser.zero_grad(set_to_none=True)
        torch.stack(terms[:_OF_THE_LOSS]).sum().backward()
        norm = _clipped(self.network)
        _clipped([self.equation.adjacency])
        self.optimiser.step()
        self.schedule.step()
        self._only_possible_edges()
        self.terms.append(torch.stack([*terms, norm]).detach().mean(1))

    def cut(self, edges: AllowedEdges) -> None:
        """Keep the edges that are there and close no cycle, for good."""
        self.may_be = kept_edges(self.equation.adjacency, edges)
        self._only_possible_edges()

    def look(self, steps: int) -> bool:
        """Make cycles dearer where there are any, or see whether training has ended."""
        with torch.no_grad():
            if steps <= self.free_steps:
                self._make_cycles_dearer()
                return False
            everyone = slice(None)
            found, _ = self.equation.prediction(self.data.inputs, everyone)
            error = (found - self.data.target) / self.deviation
            score = losses.huber(error, self.withheld)
            better = score < (1.0 - _BETTER) * self.score
            self.score = torch.where(better, score, self.score)
            self.stale = torch.where(better, 0.0, self.stale + 1.0)
            for name, value in self.parameters.items():
                self.best[name] = torch.where(_along(better, value), value, self.best[name])
            return bool((self.stale >= _PATIENCE).all())

    def result(self) -> Trained:
        """Return every member as it foretold its withheld weeks best."""
        with torch.no_grad():
            for name, value in self.parameters.items():
                seen = torch.isfinite(self.score) & (self.score > 0.0)
                value.copy_(torch.where(_along(seen, value), self.best[name], value))
            self.equation.settle(self.data.inputs)
        rows = torch.stack(self.terms).tolist() if self.terms else []
        history = [dict(zip(_TERMS, row, strict=True)) for row in rows]
        return Trained(self.equation, self.withheld, history)

    def _terms(self, rows: Tensor | slice) -> list[Tensor]:
        """Terms ``[M]``, in the order of `_TERMS`, without the norm of the gradient."""
        equation, data = self.equation, self.data
        some = replace(
            data.inputs, exposure=data.inputs.exposure[rows], control=data.inputs.control[rows]
        )
        found, share = equation.prediction(some, rows)
        error = (found - data.target[rows]) / self.deviation
        cycles = losses.acyclicity(equation.adjacency)
        return [
            losses.huber(error, self.learned[:, rows]),
            losses.structure(equation.adjacency, share, self.driven[rows], self.calendar),
            self.multiplier * cycles + 0.5 * self.penalty * cycles.square(),
            losses.edge_price(equation.adjacency),
            losses.shrinkage(equation, self.centres, float(data.target.numel())),
            cycles,
        ]

    def _rows(self) -> Tensor | slice:
        regions = len(self.data.target)
        if regions <= _REGIONS_OF_A_STEP:
            return slice(None)
        rows = torch.randperm(regions, generator=self.draw)[:_REGIONS_OF_A_STEP]
        return rows.to(self.data.target.device)

    def _make_cycles_dearer(self) -> None:
        """A step of the augmented Lagrangian (Zheng et al., 2018, algorithm 1)."""
        cycles = losses.acyclicity(self.equation.adjacency)
        self.multiplier = self.multiplier + self.penalty * cycles
        stays = cycles > 0.25 * self.before
        grown = (_GROWTH * self.penalty).clamp(max=_LARGEST_PENALTY)
        self.penalty = torch.where(stays, grown, self.penalty)
        self.before = cycles

    def _only_possible_edges(self) -> None:
        with torch.no_grad():
            self.equation.adjacency.clamp_(min=0.0).mul_(self.may_be)

    def _copy(self) -> dict[str, Tensor]:
        return {name: value.detach().clone() for name, value in self.parameters.items()}


def _withheld(observed: Tensor, settings: ModelSettings, draw: torch.Generator) -> Tensor:
    """``[M, R, W]`` one for the observed cells of the blocks of weeks that a member never reads."""
    weeks = observed.shape[1]
    blocks = -(-weeks // settings.block_weeks)
    chosen = torch.zeros(settings.members, blocks)
    if blocks >= _WITHHELD // 2:
        order = torch.rand(chosen.shape, generator=draw).argsort(1)
        chosen = (order < max(1, blocks // _WITHHELD)).float()
    by_week = chosen.repeat_interleave(settings.block_weeks, dim=1)[:, :weeks].to(observed)
    return by_week[:, None] * observed


def _deviation(data: Data) -> Tensor:
    """Standard deviation of the KPI within its region, pooled over all of them."""
    count = data.observed.sum(1, keepdim=True).clamp_min(1.0)
    mean = (data.target * data.observed).sum(1, keepdim=True) / count
    square = ((data.target - mean) * data.observed).square().sum() / data.observed.sum()
    return square.sqrt().clamp_min(1e-3)


def _calendar(harmonic: Tensor) -> Tensor:
    """``[W, Q]`` orthonormal columns of a level and the season."""
    columns = torch.cat([torch.ones_like(harmonic[:, :1]), harmonic], dim=1)
    if not harmonic.shape[1]:
        columns = harmonic.new_ones(len(harmonic), 1)
    return torch.linalg.qr(columns)[0]


def _standardised(series: Tensor, calendar: Tensor) -> Tensor:
    """``[R, W, C]`` freed of the calendar, each channel of variance one."""
    free = series - calendar @ (calendar.T @ series)
    size = free.square().mean((0, 1)).sqrt()
    return torch.where(size > 1e-6, free / size.clamp_min(1e-6), 0.0)


def _usual_share(equation: PaperEquation, inputs: Inputs) -> Tensor:
    """``[C]`` mean of the saturated exposure at the centre of the shapes."""
    with torch.no_grad():
        for shape in equation.shape_parameters:
            value = getattr(equation, shape.name)
            value.copy_(shape.centre(value).expand_as(value))
        return equation.response(equation.adstocked(inputs)[:1]).mean((0, 1, 2))


def _falling_rate(steps: int) -> Callable[[int], float]:
    """Factor of the learning rate by step: a cosine."""

    def factor(step: int) -> float:
        return _LAST_RATE + (1.0 - _LAST_RATE) * 0.5 * (
            1.0 + math.cos(math.pi * step / max(steps, 1))
        )

    return factor


def _clipped(parameters: Sequence[Tensor]) -> Tensor:
    """Shorten each member's gradient to the largest norm; return the norms ``[M]`` before."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0).sqrt()
    scale = (_LARGEST_GRADIENT / norm.clamp_min(1e-12)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(_along(scale, gradient))
    return norm


def _along(members: Tensor, like: Tensor) -> Tensor:
    """``[M]`` with as many axes as ``like``."""
    return members.reshape(-1, *[1] * (like.ndim - 1))
