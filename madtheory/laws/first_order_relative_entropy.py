"""KL(model ‖ truth) under any schedule: the number of parameters is all that matters of a regular family."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy.special import gammainc

from madtheory.laws._fluctuations import schedule_covariance
from madtheory.laws._hypotheses import NO_BIAS
from madtheory.laws._law import Hypothesis, Law, one_point_more
from madtheory.laws._morris_cases import mean_loop, symbol_loop
from madtheory.loop import Loop
from madtheory.models import Categorical, Exponential, HyperbolicSecant, Markov, Morris, NegativeBinomial, Poisson, TextTruth
from madtheory.schedules import Accumulate, FixedReal, Fresh, Window


def _fits_data_alone(loop: Loop) -> bool:
    model: Any = loop.model
    return model.prior_size is None if isinstance(model, Morris) else getattr(model, "plain", True)


DATA_ALONE = Hypothesis("no prior, no truncation and no smoothing", _fits_data_alone)


class FirstOrderRelativeEntropy(Law):
    r"""2n KL(p_t‖p_0)/A_t is χ² with k degrees of freedom, k the free parameters: 1 of a Morris family, K − 1 symbols.

    A Markov chain has those of each context, and n is the length of its text. The reverse direction is the one that stays
    finite when a symbol is lost.
    """

    name = "first-order-relative-entropy"
    observable = "kl_reverse"
    kind = "first_order"
    family = (Morris, Categorical, Markov)
    recursive = True
    differentiable = False
    statement = (
        r"\mathbb{E}\,\mathrm{KL}(p_t\Vert p_0)=\frac{kA_t}{2n}+O(n^{-2}),\qquad"
        r"\frac{2n}{A_t}\mathrm{KL}(p_t\Vert p_0)\Rightarrow\chi^2_k"
    )
    source = "deydonoho2024, madtheory"
    hypotheses = (NO_BIAS, DATA_ALONE)

    def mean(self, loop: Loop, generations: int) -> Any:
        return 0.5 * parameters(loop) * jnp.diagonal(schedule_covariance(loop, generations))

    def variance(self, loop: Loop, generations: int) -> Any:
        return 0.5 * parameters(loop) * jnp.diagonal(schedule_covariance(loop, generations)) ** 2

    def cdf(self, loop: Loop, generation: int, x: np.ndarray) -> np.ndarray | None:
        inflation = float(schedule_covariance(loop, generation)[generation, generation])
        if inflation == 0:
            return (np.asarray(x) >= 0).astype(float)
        return gammainc(parameters(loop) / 2, np.maximum(x, 0) / inflation)

    def wrong(self, loop: Loop) -> Loop:
        return one_point_more(loop, 0.25)

    def cases(self) -> list[tuple[Loop, int]]:
        return [
            (mean_loop(Poisson(), 2.0, Accumulate(n=100)), 5),
            (mean_loop(Exponential(), 1.5, Fresh(n_real=100, n_synthetic=200)), 5),
            (mean_loop(NegativeBinomial(successes=2.5), 3.0, FixedReal(n_real=100, n_synthetic=100)), 5),
            (mean_loop(HyperbolicSecant(convolution=2.0), 0.7, Window(n=100, window=2)), 5),
            (symbol_loop(Accumulate(n=100), (0.4, 0.3, 0.2, 0.1)), 5),
            (text_loop(Accumulate(n=200)), 4),
        ]


def parameters(loop: Loop) -> int:
    """k, the free parameters of the real law."""
    if isinstance(loop.model, Morris):
        return 1
    truth: Any = loop.truth
    support = (np.atleast_2d(truth.pairs if isinstance(loop.model, Markov) else truth.probabilities) > 0).sum(axis=1)
    return int(np.sum(np.maximum(support - 1, 0)))


def text_loop(schedule: Any) -> Loop:
    """A loop of a chain of three symbols."""
    truth = TextTruth(pairs=np.array([[0.30, 0.15, 0.05], [0.10, 0.05, 0.10], [0.10, 0.05, 0.10]]))
    return Loop(model=Markov(), truth=truth, schedule=schedule, bias_first_generation=False, estimator="mle")
