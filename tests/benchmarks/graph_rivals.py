"""Other packages that learn graphs, with their defaults, each as one function.

They are installed by the extra ``benchmark`` and are no dependency of the product.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Callable

import numpy as np

os.environ.setdefault("CASTLE_BACKEND", "pytorch")
_ALPHA = 0.05


def dagma(table: np.ndarray) -> np.ndarray:
    """DAGMA with the penalty and threshold of its documentation."""
    from dagma.linear import DagmaLinear

    return DagmaLinear("l2").fit(table, lambda1=0.02, w_threshold=0.3)


def notears(table: np.ndarray) -> np.ndarray:
    """gcastle's NOTEARS."""
    from castle.algorithms import Notears

    model = Notears()
    model.learn(table)
    return np.asarray(model.causal_matrix)


def golem(table: np.ndarray) -> np.ndarray:
    """gcastle's GOLEM."""
    from castle.algorithms import GOLEM

    model = GOLEM()
    model.learn(table)
    return np.asarray(model.causal_matrix)


def direct_lingam(table: np.ndarray) -> np.ndarray:
    """lingam's DirectLiNGAM."""
    from lingam import DirectLiNGAM

    return DirectLiNGAM().fit(table).adjacency_matrix_.T


def pcmci_plus(series: list[np.ndarray], lags: int) -> np.ndarray:
    """tigramite's PCMCI+, partial correlation: largest statistic over the lags."""
    from tigramite.data_processing import DataFrame
    from tigramite.independence_tests.parcorr import ParCorr
    from tigramite.pcmci import PCMCI

    frame = DataFrame(dict(enumerate(series)), analysis_mode="multiple")
    found = PCMCI(frame, ParCorr(), verbosity=0).run_pcmciplus(tau_max=lags, pc_alpha=_ALPHA)
    return np.abs(found["val_matrix"][:, :, 1:]).max(axis=2)


def var_lingam(series: list[np.ndarray], lags: int, criterion: str | None) -> np.ndarray:
    """lingam's VAR-LiNGAM: largest weight over the lags; ``criterion`` may shorten them."""
    from lingam import VARLiNGAM

    # It knows no samples: they are laid end to end.
    table = np.concatenate(series)
    model = VARLiNGAM(lags=lags, criterion=criterion, prune=True).fit(table)
    return np.abs(np.asarray(model.adjacency_matrices_)[1:]).max(axis=0).T


def order_regression(now: np.ndarray, past: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Each series on the past of those before it in the order, by a lasso with BIC."""
    from sklearn.linear_model import LassoLarsIC

    count = now.shape[1]
    score = np.zeros((count, count))
    for position in range(1, count):
        target, before = order[position], order[:position]
        columns = np.isin(np.arange(past.shape[1]) % count, before)
        weight = np.zeros(past.shape[1])
        weight[columns] = LassoLarsIC("bic").fit(past[:, columns], now[:, target]).coef_
        score[:, target] = np.abs(weight).reshape(-1, count).max(axis=0)
    return score


STATIC: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "dagma": dagma,
    "notears": notears,
    "golem": golem,
    "direct_lingam": direct_lingam,
}


@contextlib.contextmanager
def quiet():
    """Swallow progress bars, log lines and warnings."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield
    logging.disable(level)
