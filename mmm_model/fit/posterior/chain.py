"""One Markov chain over shapes, sizes, regions' returns and variances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model import priors
from mmm_model.fit.posterior.covariance import Covariance
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.lift_evidence import TestedChannel
from mmm_model.fit.posterior.moving import Moving
from mmm_model.fit.posterior.moving_evidence import Moments
from mmm_model.fit.posterior.returns import Returns, draw_returns
from mmm_model.fit.posterior.sizes import Total, draw_along, draw_shape
from mmm_model.fit.posterior.usual import Usual
from mmm_model.fit.posterior.variance_sampler import VarianceSampler
from mmm_model.fit.posterior.variances import Variances
from mmm_model.fit.posterior.whitened import WhitenedResponses
from mmm_model.panel import Floats
from mmm_model.settings import ModelSettings

_EARLY = (3, 8, 14, 20)
_BEFORE_MEDIA = 12
# Sweeps between two updates of the variances, which whiten everything anew, and steps of each;
# once warm, many regions tell the variances well; what they share moves slowly and needs the steps.
_VARIANCES_EVERY, _RARER_IN_PANELS = 5, 3
_STEPS_ALONE, _STEPS_PANEL = 4, 12
# Sweeps between two looks at whether effectiveness moves.
_LOOK_EVERY = 10


@dataclass
class State:
    """Where a chain is.

    Parameters
    ----------
    shape, size
        ``[C]`` index of the shape and mean contribution over the KPI.
    region
        ``[R, C]`` a region's return over the nation's.
    region_spread
        Its standard deviation around one.
    returns
        Prior of the sizes.
    variances
        Of everything that is not media.
    usual
        What the channels' shapes have in common.
    readout
        ``[J, C]`` how effectiveness moves, see `Moving`; zero where it stays.
    """

    shape: np.ndarray
    size: Floats
    region: Floats
    region_spread: float
    returns: Returns
    variances: Variances
    usual: Usual
    readout: Floats


@dataclass(frozen=True)
class Draw:
    """What is kept of a sweep.

    Parameters
    ----------
    shape, size, region, readout
        As of `State`.
    misfit
        Half of the squared whitened residual.
    moments
        For the evidence of moving effectiveness; of a few sweeps of a chain in which it stays.
    """

    shape: np.ndarray
    size: Floats
    region: Floats
    readout: Floats
    misfit: float
    moments: Moments | None = None


class Chain:
    """Draws by sweeps of Gibbs steps over one design."""

    def __init__(
        self,
        design: Design,
        settings: ModelSettings,
        seed: list[int],
        tested: tuple[TestedChannel, ...],
        moving: Moving,
    ) -> None:
        self._tested, self._moving = tested, moving
        self.design, self.settings = design, settings
        self._total = Total(priors.TOTAL_SHARE, priors.TOTAL_SHARE_SD)
        self.rng = np.random.default_rng(seed)
        self.covariance = Covariance(design)
        steps = _STEPS_ALONE if design.regions == 1 else _STEPS_PANEL
        self.sampler = VarianceSampler(self.covariance, steps)
        self.state = self._first()
        self._responses = list(design.responses)
        self._factors = self.covariance.factors(self.state.variances)
        self._whiten()

    def warm_up(self) -> None:
        """Move to where the posterior is."""
        # Were media free before level and season are known, they would explain both.
        for _ in range(_BEFORE_MEDIA):
            self._draw_variances(adapt=True)
        for sweep in range(self.settings.warmup):
            self._sweep(sweep, sweep % _VARIANCES_EVERY == 0 or sweep in _EARLY, adapt=True)

    def go_on(self, sweeps: int) -> list[Draw]:
        """Return what is kept of so many more sweeps."""
        every = _VARIANCES_EVERY * (1 if self.design.regions == 1 else _RARER_IN_PANELS)
        kept = []
        for sweep in range(sweeps):
            self._sweep(sweep, sweep % every == 0, adapt=False)
            kept.append(self._kept(look=sweep % _LOOK_EVERY == _LOOK_EVERY - 1))
        return kept

    def _sweep(self, number: int, variances: bool, adapt: bool) -> None:
        if variances:
            self._draw_variances(adapt)
            self._draw_readouts()
        self._draw_shapes()
        self._draw_sizes()
        self._draw_pooled()
        if self.design.regions > 1 and number % 2 == 0:
            self._draw_regions()

    def _first(self) -> State:
        design, rng = self.design, self.rng
        usual = Usual.first(design.shapes)
        prior = np.exp(usual.log_prior(design.shapes))
        returns = Returns.first()
        size = 0.5 * np.exp(returns.centre(design.log_spend_share))
        return State(
            shape=rng.choice(len(prior), design.channels, p=prior / prior.sum()),
            size=size * np.exp(0.5 * rng.standard_normal(design.channels)),
            region=np.ones((design.regions, design.channels)),
            region_spread=priors.REGION_RETURNS_SD,
            returns=returns,
            variances=Variances.first(design),
            usual=usual,
            readout=np.zeros((self._moving.basis.shape[1], design.channels)),
        )

    def _kept(self, look: bool) -> Draw:
        now = self.state
        square = (self._rest**2).sum() - self._rest_low @ self._rest_low
        return Draw(
            now.shape.copy(),
            now.size.copy(),
            now.region.copy(),
            now.readout,
            0.5 * float(square),
            self._moments() if look else None,
        )

    def _moments(self) -> Moments | None:
        moving = self._moving
        if moving.channels.any() or not moving.basis.size:
            return None
        direct = self._direct(np.arange(self.design.channels))
        return self.moments_of(np.concatenate([direct, moving.columns(direct)], axis=-1))

    def moments_of(self, columns: Floats) -> Moments:
        """Moments of ``[R, W, Q]`` with each other and with what media leave over."""
        return Moments(*self._factors.moments(columns, self._rest, self._rest_low))

    def _direct(self, channels: np.ndarray) -> Floats:
        """``[R, W, C']`` what channels would bring were their effectiveness one."""
        now, of = self.state, self.design.responses
        parts = [of[c].basis @ (now.size[c] * of[c].mix[:, now.shape[c]]) for c in channels]
        return np.stack(parts, axis=-1) * now.region[:, None, channels]

    def rest(self) -> Floats:
        """``[R, W]`` what media leave over."""
        now, total = self.state, self.design.kpi.copy()
        for c, bank in enumerate(self._responses):
            part = bank.basis @ (now.size[c] * bank.mix[:, now.shape[c]])
            total -= now.region[:, c, None] * part
        return np.where(self.design.observed, total, 0.0)

    def _draw_variances(self, adapt: bool) -> None:
        now = self.state
        now.variances, self._factors = self.sampler.draw(
            self.rng, now.variances, self._factors, self.rest(), adapt
        )
        self._whiten()

    def _draw_readouts(self) -> None:
        """Move effectiveness, where it moves."""
        now, moving = self.state, self._moving
        own = np.flatnonzero(moving.channels)
        if not len(own):
            return
        columns = moving.columns(self._direct(own))
        moments = self.moments_of(columns)
        now.readout = moving.drawn(self.rng, now.readout, moments.gram, moments.meets)
        paths = moving.paths(now.readout)
        for c in own:
            self._responses[c] = self.design.responses[c].times(paths[:, c])
        self._whiten(own)

    def _whiten(self, channels: np.ndarray | None = None) -> None:
        """Whiten the responses of all channels, or of some anew."""
        if channels is None:
            self._banks = [WhitenedResponses.of(one, self._factors) for one in self._responses]
        else:
            for c in channels:
                self._banks[c] = WhitenedResponses.of(self._responses[c], self._factors)
        self._weigh()

    def _weigh(self) -> None:
        """Restart what depends on the regions' multipliers."""
        now = self.state
        target = self.design.kpi - self.covariance.offset(now.variances)
        target = np.where(self.design.observed, target, 0.0)
        white = self._factors.white(target)
        low = self._factors.lower(white)
        self._white: list[Floats] = []
        self._low: list[Floats] = []
        for c, bank in enumerate(self._banks):
            bank.weigh(now.region[:, c])
            own, shared = bank.response(now.shape[c], now.region[:, c])
            self._white.append(own)
            self._low.append(shared)
            white, low = white - now.size[c] * own, low - now.size[c] * shared
        self._rest, self._rest_low = white, low

    def _draw_shapes(self) -> None:
        now = self.state
        log_prior = now.usual.log_prior(self.design.shapes)
        centre = now.returns.centre(self.design.log_spend_share)
        for c in self.rng.permutation(self.design.channels):
            region, bank = now.region[:, c], self._banks[c]
            self._shift(c, now.size[c])
            square, meets = bank.statistics(region, self._rest, self._rest_low)
            tested = self._tested[c]
            now.shape[c], now.size[c] = draw_shape(
                self.rng,
                square + tested.square,
                meets + tested.meets,
                log_prior,
                centre[c],
                now.returns.spread,
                now.size.sum() - now.size[c],
                self._total,
            )
            self._white[c], self._low[c] = bank.response(now.shape[c], region)
            self._shift(c, -now.size[c])

    def _shift(self, c: int, size: float) -> None:
        self._rest = self._rest + size * self._white[c]
        self._rest_low = self._rest_low + size * self._low[c]

    def _draw_sizes(self) -> None:
        """Trade-offs between channels, along pairs and along what is least determined."""
        count = self.design.channels
        if count < 2:
            return
        now, rng = self.state, self.rng
        white = np.stack([w.ravel() for w in self._white])
        low = np.stack(self._low)
        gram = white @ white.T - low @ low.T
        gradient = white @ self._rest.ravel() - low @ self._rest_low
        for c, tested in enumerate(self._tested):
            square, meets = tested.square[now.shape[c]], tested.meets[now.shape[c]]
            gram[c, c] += square
            gradient[c] += meets - now.size[c] * square
        centre = now.returns.centre(self.design.log_spend_share)
        scaled = np.linalg.eigh(gram * np.outer(now.size, now.size))[1].T * now.size
        before = now.size.copy()
        for i in range(2 * count):
            if i < count:
                one, other = rng.choice(count, 2, replace=False)
                direction = np.zeros(count)
                direction[one], direction[other] = 1.0, -1.0
            else:
                direction = scaled[rng.integers(count)]
            step = draw_along(
                rng, now.size, direction, gram, gradient, centre, now.returns.spread, self._total
            )
            now.size = np.maximum(now.size + step * direction, 1e-9)
            gradient = gradient - step * (gram @ direction)
        moved = now.size - before
        self._rest = self._rest - (moved @ white).reshape(self._rest.shape)
        self._rest_low = self._rest_low - moved @ low

    def _draw_pooled(self) -> None:
        now = self.state
        now.usual = now.usual.drawn(self.rng, self.design.shapes, now.shape)
        now.returns = draw_returns(self.rng, now.size, self.design.log_spend_share, now.returns)

    def _draw_regions(self) -> None:
        """Regions' own returns given a draw of what regions share."""
        now, rng, count = self.state, self.rng, self.design.channels
        score = self._rest_low + rng.standard_normal(len(self._factors.root))
        path = self._factors.upper(score)
        part = np.stack(
            [
                now.size[c] * (bank.white @ bank.mix[:, now.shape[c]])
                for c, bank in enumerate(self._banks)
            ],
            axis=-1,
        )
        own = now.region - 1.0
        target = self._rest - self._factors.shared @ path + np.einsum("rtc,rc->rt", part, own)
        precision = part.transpose(0, 2, 1) @ part + np.eye(count) / now.region_spread**2
        root = np.linalg.cholesky(precision)
        mean = np.linalg.solve(precision, np.einsum("rtc,rt->rc", part, target)[..., None])
        noise = np.linalg.solve(root.transpose(0, 2, 1), rng.standard_normal((*own.shape, 1)))
        own = (mean + noise)[..., 0]
        now.region = 1.0 + own
        worth = priors.REGION_RETURNS_REGIONS
        total = worth * priors.REGION_RETURNS_SD**2 + (own**2).sum()
        now.region_spread = float(np.sqrt(total / rng.chisquare(worth + own.size)))
        self._weigh()
