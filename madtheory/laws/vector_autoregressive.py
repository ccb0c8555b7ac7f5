"""VAR(1) under replace: every generation adds the bias of least squares, and drifts to where that vanishes."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import solve_discrete_lyapunov

from madtheory.laws._hypotheses import CONSTANT_SIZE, REPLACE
from madtheory.laws._law import Law
from madtheory.loop import Loop
from madtheory.models import VectorAutoregressive, VectorAutoregressiveTruth
from madtheory.models.autoregressive import LARGEST
from madtheory.schedules import Replace


class VectorAutocorrelationPath(Law):
    r"""E A_{t+1} = A_t − B(A_t)/n + O(n⁻²), B the bias of least squares.

    Its first term is that of the intercept, and absent where the mean is known. The noise covariance G comes in, but only up
    to a factor, so that the noise that a loop loses from generation to generation changes nothing.
    """

    name = "vector-autocorrelation-path"
    observable = "autocorrelation"
    kind = "first_order"
    family = VectorAutoregressive
    differentiable = False
    statement = (
        r"\mathbb{E}\hat A_{t+1}\approx A_t-\tfrac1nB(A_t),\quad"
        r"B(A)=G\Bigl[(I-A^\top)^{-1}+A^\top(I-A^{\top2})^{-1}+\sum_{\lambda}\lambda(I-\lambda A^\top)^{-1}\Bigr]\Gamma_0^{-1},"
        r"\quad\lambda\in\operatorname{spec}A,\ \Gamma_0=A\Gamma_0A^\top+G"
    )
    source = "nichollspope1988, madtheory"
    hypotheses = (REPLACE, CONSTANT_SIZE)

    def mean(self, loop: Loop, generations: int) -> Any:
        return np.array([np.trace(a) / len(a) for a in path(loop, generations)])

    def wrong(self, loop: Loop) -> Loop:
        other = {"known": "fitted", "fitted": "known"}[loop.model.mean]  # type: ignore[attr-defined]
        return vector_loop(other, int(loop.schedule.n), loop.truth.coefficients)  # type: ignore[attr-defined]

    def cases(self) -> list[tuple[Loop, int]]:
        return [(vector_loop("fitted", 60), 4), (vector_loop("known", 60), 4)]


def path(loop: Any, generations: int) -> np.ndarray:
    """(T+1, d, d) E A_t to first order, shrunk like a fit where it is not stationary; n generations and more are beyond it."""
    found = [loop.truth.coefficients]
    for _ in range(generations):
        after = found[-1] - bias(found[-1], loop.truth.innovations, loop.model.mean == "fitted") / float(loop.schedule.n)
        found.append(after * min(1.0, LARGEST / max(np.max(abs(np.linalg.eigvals(after))), LARGEST)))
    return np.array(found)


def bias(coefficients: np.ndarray, noise: np.ndarray, intercept: bool) -> np.ndarray:
    """(d, d) B of E Â − A = −B/n + O(1/n²) for least squares on n steps of a stationary series."""
    one, turned = np.eye(len(coefficients)), coefficients.T
    inner = turned @ np.linalg.inv(one - turned @ turned) + (np.linalg.inv(one - turned) if intercept else 0)
    inner = inner + sum(x * np.linalg.inv(one - x * turned) for x in np.linalg.eigvals(coefficients)).real
    return noise @ inner @ np.linalg.inv(solve_discrete_lyapunov(coefficients, noise))


def vector_loop(mean: str, n: int, coefficients: Any = ((0.6, 0.3), (-0.2, 0.4))) -> Loop:
    """Two series of n steps, fitted and simulated again."""
    truth = VectorAutoregressiveTruth(coefficients=coefficients, noise_covariance=[[1.0, 0.3], [0.3, 2.0]], mean=[1.0, -1.0])
    model = VectorAutoregressive(series=len(truth.coefficients), mean=mean)
    return Loop(model=model, truth=truth, schedule=Replace(n=n), bias_first_generation=False, estimator="mle")
