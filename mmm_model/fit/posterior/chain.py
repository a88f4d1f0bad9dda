"""One Markov chain over shapes, sizes, regions' returns and variances."""

from __future__ import annotations

import numpy as np

from mmm_model import priors
from mmm_model.fit.posterior.brand import BrandTerm
from mmm_model.fit.posterior.covariance import Covariance
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.endogeneity import Movements, own_movements
from mmm_model.fit.posterior.lift_evidence import TestedChannel
from mmm_model.fit.posterior.moving import Moving
from mmm_model.fit.posterior.moving_evidence import Moments
from mmm_model.fit.posterior.regional import RegionalReturns, draw_around_one, draw_spread
from mmm_model.fit.posterior.returns import draw_returns
from mmm_model.fit.posterior.shapes import ChannelResponses
from mmm_model.fit.posterior.sizes import SizePrior, Total, draw_shape
from mmm_model.fit.posterior.state import Draw, State
from mmm_model.fit.posterior.trade_offs import TradeOffs
from mmm_model.fit.posterior.treated import WhitenedTreatments
from mmm_model.fit.posterior.variance_sampler import VarianceSampler
from mmm_model.fit.posterior.whitened import WhitenedResponses
from mmm_model.panel import Floats
from mmm_model.settings import ModelSettings

_EARLY = (3, 8, 14, 20)
_BEFORE_MEDIA = 12
# Share of the warm-up before chains agree on what plans follow.
_ALONE = 0.7
# Sweeps between two updates of the variances, which whiten everything anew, and steps of each;
# once warm, many regions tell the variances well; what they share moves slowly and needs the steps.
_VARIANCES_EVERY, _RARER_IN_PANELS = 5, 3
_STEPS_ALONE, _STEPS_PANEL = 4, 12
# Sweeps between two in which a channel's size and its regional returns move together.
_TOGETHER_EVERY = 2
# Sweeps between two draws of a slow stock, which whiten what its channels do anew.
_STOCK_EVERY = 2
# Sweeps between two looks at whether effectiveness moves.
_LOOK_EVERY = 10


class Chain:
    """Draws by sweeps of Gibbs steps over one design."""

    def __init__(
        self,
        design: Design,
        settings: ModelSettings,
        seed: list[int],
        tested: tuple[TestedChannel, ...],
        moving: Moving,
        brand: BrandTerm | None = None,
    ) -> None:
        self._tested, self._moving, self._brand = tested, moving, brand
        self.design, self.settings = design, settings
        self._total = Total(priors.TOTAL_SHARE, priors.TOTAL_SHARE_SD)
        self.rng = np.random.default_rng(seed)
        self.covariance = Covariance(design)
        self._own = own_movements(design.exposure)
        for c, candidates in design.candidates.items():
            if candidates.instrumented:  # what instruments foretell follows no demand
                self._own[..., c] = 0.0
        steps = _STEPS_ALONE if design.regions == 1 else _STEPS_PANEL
        self.sampler = VarianceSampler(self.covariance, steps)
        self._treatment, self._holidays = design.treatment.drawn, design.treatment.holidays
        self.state = State.first(design, moving, self.rng)
        self._responses = [self._truly(c) for c in range(design.channels)]
        self._factors = self.covariance.factors(self.state.variances)
        self._whiten()

    def warm_up(self) -> Floats:
        """Move to where the posterior is; return the visible demand ``[R, W]`` there."""
        # Were media free before level and season are known, they would explain both.
        for _ in range(_BEFORE_MEDIA):
            self._draw_variances(adapt=True)
        for sweep in range(self._alone_sweeps):
            self._sweep(sweep, sweep % _VARIANCES_EVERY == 0 or sweep in _EARLY, adapt=True)
        return self.covariance.visible

    def settle(self, visible: Floats) -> None:
        """Warm up to the end, once all chains agree on the visible demand that plans follow.

        It is estimated, not drawn. Chains with estimates of their own would have posteriors of
        their own: what a plan is taken to follow, its channel is not paid for.
        """
        self.covariance.follow(visible)
        self._factors = self.covariance.factors(self.state.variances)
        self._whiten()
        for sweep in range(self._alone_sweeps, self.settings.warmup):
            self._sweep(sweep, sweep % _VARIANCES_EVERY == 0, adapt=False)

    @property
    def _alone_sweeps(self) -> int:
        return round(_ALONE * self.settings.warmup)

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
            self._draw_readings()
        if self._brand is not None and number % _STOCK_EVERY == 0:
            self._draw_stock(self._brand)
        self._draw_shapes()
        self._draw_sizes()
        self._draw_effects()
        self._draw_slopes()
        self._draw_pooled()
        if self.design.regions > 1 and number % 2 == 0:
            self._draw_regions()
        if self.design.regions > 1 and number % _TOGETHER_EVERY == 1:
            self._draw_with_regions()

    def _kept(self, look: bool) -> Draw:
        now = self.state
        square = (self._rest**2).sum() - self._rest_low @ self._rest_low
        return Draw(
            now.shape.copy(),
            now.size.copy(),
            now.region.copy(),
            now.readout,
            now.reading.copy(),
            self._effects(),
            self.design.treatment.everywhere(now.effect_region),
            0.5 * float(square),
            self._moments() if look else None,
            now.stock,
        )

    def _moments(self) -> Moments | None:
        moving = self._moving
        if moving.channels.any() or not moving.basis.size or self._brand is not None:
            return None
        direct = self._direct(np.arange(self.design.channels))
        return self.moments_of(np.concatenate([direct, moving.columns(direct)], axis=-1))

    def moments_of(self, columns: Floats) -> Moments:
        """Moments of ``[R, W, Q]`` with each other and with what media leave over."""
        return Moments(*self._factors.moments(columns, self._rest, self._rest_low))

    def _direct(self, channels: np.ndarray) -> Floats:
        """``[R, W, C']`` what channels would bring were their effectiveness one."""
        now, of = self.state, [self._truly(c) for c in channels.tolist()]
        parts = [
            own.basis @ (now.size[c] * own.mix[:, now.shape[c]])
            for c, own in zip(channels, of, strict=True)
        ]
        return np.stack(parts, axis=-1) * now.region[:, None, channels]

    def rest(self) -> Floats:
        """``[R, W]`` what media leave over."""
        now, total = self.state, self.design.kpi.copy()
        for c, bank in enumerate(self._responses):
            part = bank.basis @ (now.size[c] * bank.mix[:, now.shape[c]])
            total -= now.region[:, c, None] * part
        total -= self._own @ now.slope
        if len(now.effect):
            effect = now.effect_region * now.effect
            total -= np.einsum("rwt,rt->rw", self._treatment.columns, effect)
        return np.where(self.design.observed, total, 0.0)

    def _draw_variances(self, adapt: bool) -> None:
        now = self.state
        if len(now.variances.holiday):
            now.variances = now.variances.with_holidays(self.rng, self._of_holidays())
            self._factors = self.covariance.factors(now.variances)
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
        if self._brand is not None:
            lasting = np.repeat(self._brand.channels[own], columns.shape[-1] // len(own))
            columns[..., lasting] = self._brand.added(now.stock, columns[..., lasting])
        moments = self.moments_of(columns)
        now.readout = moving.drawn(self.rng, now.readout, moments.gram, moments.meets)
        self._respond(own)

    def _draw_stock(self, brand: BrandTerm) -> None:
        """Whether media leave a stock behind, and which."""
        now, moving = self.state, self._moving
        direct = self._direct(np.arange(self.design.channels))
        if moving.channels.any():
            direct = direct * moving.paths(now.readout)
        moments = self.moments_of(brand.columns(direct))
        before = now.stock
        now.stock = brand.drawn(self.rng, before, moments.gram, moments.meets)
        if before.multiple or now.stock.multiple:
            self._respond(np.flatnonzero(brand.channels))

    def _respond(self, channels: np.ndarray) -> None:
        """Take the responses of some channels to be as the state says."""
        for c in channels.tolist():
            self._responses[c] = self._response_of(c)
        self._whiten(channels)

    def _response_of(self, channel: int) -> ChannelResponses:
        """Responses of a channel: of its true exposure, as effective as it was, with its stock."""
        found = self._truly(channel)
        if self._moving.channels[channel]:
            found = found.times(self._moving.paths(self.state.readout)[:, channel])
        if self._brand is not None and self._brand.channels[channel]:
            found = self._brand.lasting(self.state.stock, found)
        return found

    def _truly(self, channel: int) -> ChannelResponses:
        """Responses of the exposure that a channel has at its candidate."""
        if channel not in self.design.candidates:
            return self.design.responses[channel]
        return self.design.candidates[channel].responses[self.state.reading[channel]]

    def _draw_readings(self) -> None:
        """Take other candidates for the exposure of channels that are read with errors."""
        for c, own in self.design.candidates.items():
            self.state.reading[c] = own.drawn(self.rng)
        if self.design.candidates:
            self._respond(np.array(list(self.design.candidates)))

    def _whiten(self, channels: np.ndarray | None = None) -> None:
        """Whiten all that channels do, or the responses of some anew."""
        if channels is None:
            self._banks = [WhitenedResponses.of(one, self._factors) for one in self._responses]
            alone = self.design.regions == 1
            self._movements = None if alone else Movements.of(self._own, self._factors)
            self._white_treatment = self._factors.alone.white(self._treatment.columns)
            self._on_holidays = WhitenedTreatments.of(self._holidays, self._factors)
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
        treated = now.effect_region[:, None] * self._white_treatment
        self._treated = WhitenedTreatments.white_already(self._treatment, treated, self._factors)
        self._add_slopes(-now.slope)
        self._add_effects(-now.effect)

    def _draw_shapes(self) -> None:
        now = self.state
        log_prior = self.design.log_priors(now.usual)
        centre = now.returns.centre(self.design.log_spend_share)
        for c in self.rng.permutation(self.design.channels):
            self._shift(c, 1.0)
            others = now.size.sum() - now.size[c]
            prior = SizePrior(centre[c], now.returns.spread, others, self._total)
            self._draw_shape(c, log_prior[c], prior)
            self._white[c], self._low[c] = self._banks[c].response(now.shape[c], now.region[:, c])
            self._shift(c, -1.0)

    def _draw_shape(self, c: int, log_prior: Floats, prior: SizePrior) -> None:
        """Shape, size and slope of a channel that is not in what is left over."""
        now, rng, bank, tested = self.state, self.rng, self._banks[c], self._tested[c]
        rest, region = (self._rest, self._rest_low), now.region[:, c]
        square, meets = bank.square + tested.square, bank.meets(region, *rest) + tested.meets
        if self._movements is not None:
            now.shape[c], now.size[c], now.slope[c] = self._movements.each[c].draw(
                rng, bank, region, rest, (square, meets), log_prior, prior
            )
        else:
            now.shape[c], now.size[c] = draw_shape(rng, square, meets, log_prior, prior)

    def _shift(self, c: int, times: float) -> None:
        """Add what a channel does to what is left over, or take it off."""
        now, parts = self.state, [(self.state.size[c], self._white[c], self._low[c])]
        if self._movements is not None:
            movement = self._movements.each[c]
            parts.append((now.slope[c], movement.white, movement.low))
        for factor, white, low in parts:
            self._rest = self._rest + times * factor * white
            self._rest_low = self._rest_low + times * factor * low

    def _add_slopes(self, slope: Floats) -> None:
        """Add to what is left over what channels with these slopes follow."""
        if self._movements is None or not slope.any():
            return
        self._rest = self._rest + (self._movements.white @ slope).reshape(self._rest.shape)
        self._rest_low = self._rest_low + self._movements.low @ slope

    def _draw_slopes(self) -> None:
        """Which channels follow demand, and how strongly, all together."""
        if self._movements is None:
            return
        now = self.state
        meets = self._movements.meets(now.slope, (self._rest, self._rest_low))
        slope = self._movements.drawn(self.rng, now.slope, meets)
        self._add_slopes(now.slope - slope)
        now.slope = slope

    def _add_effects(self, effect: Floats) -> None:
        """Add to what is left over what promotions and prices with these coefficients do."""
        if len(effect):
            self._rest = self._rest + (self._treated.white @ effect).reshape(self._rest.shape)
            self._rest_low = self._rest_low + self._treated.low @ effect

    def _draw_effects(self) -> None:
        """Coefficients of promotions and prices."""
        now = self.state
        if len(now.effect):
            effect = self._treated.drawn(self.rng, now.effect, (self._rest, self._rest_low))
            self._add_effects(now.effect - effect)
            now.effect = effect

    def _effects(self) -> Floats:
        """``[T]`` coefficients of all treatments; of holidays a draw given all else."""
        now, shrunk = self.state, self.design.treatment.shrunk
        found = np.zeros(len(shrunk))
        found[~shrunk] = now.effect
        if shrunk.any():
            found[shrunk] = self._of_holidays()
        return found

    def _of_holidays(self) -> Floats:
        """``[H]`` draw of what holidays bring, given all else."""
        sd = self.state.variances.holidays * self._on_holidays.spread
        return self._on_holidays.integrated(self.rng, sd, (self._rest, self._rest_low))

    def _draw_sizes(self) -> None:
        if self.design.channels < 2:
            return
        now = self.state
        white = np.stack([w.ravel() for w in self._white])
        low = np.stack(self._low)
        gram = white @ white.T - low @ low.T
        gradient = white @ self._rest.ravel() - low @ self._rest_low
        if self._movements is not None:
            gram, gradient = self._movements.aside(
                now.slope, (self._rest, self._rest_low), (white, low), (gram, gradient)
            )
        for c, tested in enumerate(self._tested):
            square, meets = tested.square[now.shape[c]], tested.meets[now.shape[c]]
            gram[c, c] += square
            gradient[c] += meets - now.size[c] * square
        spend = self.design.log_spend_share
        found = TradeOffs(self.rng, now.size, now.returns, gram, gradient, spend, self._total)
        found.draw()
        moved = found.size - now.size
        now.size, now.returns = found.size, found.returns
        self._rest = self._rest - (moved @ white).reshape(self._rest.shape)
        self._rest_low = self._rest_low - moved @ low

    def _draw_pooled(self) -> None:
        now = self.state
        curved = self.design.frequency_size == 0  # curves of frequency are no curves of exposure
        now.usual = now.usual.drawn(self.rng, self.design.shapes, now.shape, curved)
        now.returns = draw_returns(self.rng, now.size, self.design.log_spend_share, now.returns)

    def _draw_with_regions(self) -> None:
        """Shape, size and regional returns of each channel together.

        Shape and size are proposed as if regions had the same return, and accepted by what their
        own returns add.
        """
        now, rng = self.state, self.rng
        log_prior = self.design.log_priors(now.usual)
        centre = now.returns.centre(self.design.log_spend_share)
        for c in rng.permutation(self.design.channels):
            bank, tested = self._banks[c], self._tested[c]
            rest = self._rest + now.size[c] * self._white[c]
            low = self._rest_low + now.size[c] * self._low[c]
            own = RegionalReturns.of(bank, self._factors, now.region_spread, rest)
            same = np.ones(self.design.regions)
            bank.weigh(same)
            others = now.size.sum() - now.size[c]
            prior = SizePrior(centre[c], now.returns.spread, others, self._total)
            square, meets = bank.square + tested.square, bank.meets(same, rest, low) + tested.meets
            shape, size = draw_shape(rng, square, meets, log_prior[c], prior)
            given, trial = own.given(now.shape[c], now.size[c]), own.given(shape, size)
            if np.log(rng.random()) < own.gain(trial) - own.gain(given):
                given = trial
            now.shape[c], now.size[c] = given.shape, given.size
            now.region[:, c] = own.draw(rng, given)
            bank.weigh(now.region[:, c])
            self._white[c], self._low[c] = bank.response(now.shape[c], now.region[:, c])
            self._rest = rest - now.size[c] * self._white[c]
            self._rest_low = low - now.size[c] * self._low[c]

    def _parts(self) -> Floats:
        """``[R, W, C + T']`` what channels and treatments bring were regions alike, whitened."""
        now, banks = self.state, enumerate(self._banks)
        each = [now.size[c] * (bank.white @ bank.mix[:, now.shape[c]]) for c, bank in banks]
        return np.concatenate([np.stack(each, axis=-1), now.effect * self._white_treatment], axis=2)

    def _draw_regions(self) -> None:
        """Regions' own returns and effects, given a draw of what regions share."""
        now, rng, count = self.state, self.rng, self.design.channels
        score = self._rest_low + rng.standard_normal(len(self._factors.root))
        target = self._rest - self._factors.along(self._factors.upper(score))
        before = np.concatenate([now.region, now.effect_region], axis=1)
        treatments = before.shape[1] - count
        spread = np.repeat([now.region_spread, now.effect_spread], [count, treatments])
        region = draw_around_one(rng, self._parts(), before, target, spread)
        now.region, now.effect_region = region[:, :count], region[:, count:]
        now.region_spread = draw_spread(rng, now.region, *priors.REGION_RETURNS)
        if treatments:
            now.effect_spread = draw_spread(rng, now.effect_region, *priors.REGION_EFFECTS)
        self._weigh()
