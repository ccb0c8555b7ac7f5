"""Rare symbols as branching processes: what any schedule keeps of a heavy tail."""

from __future__ import annotations

from typing import Any

import numpy as np

from madtheory.laws._law import Law, one_point_more
from madtheory.laws._symbols import NEUTRAL, frequencies
from madtheory.laws._zipf import zipf_loop
from madtheory.loop import Loop
from madtheory.models import Categorical
from madtheory.schedules import Custom, Fresh, Window
from madtheory.schedules._table import Composition


def founders(table: Composition) -> np.ndarray:
    """(T,) Λ_t: of the real points drawn so far, how many have offspring in the training set of generation t, on average.

    Each point of batch e has Poisson(n_f w_ke/n_e) offspring in a batch f of n_f draws of model k, as rare points have.
    """
    model = np.maximum(table.source - 1, 0)
    offspring = table.size[:, None] * table.weights[model] / table.size * (table.source > 0)[:, None]  # (F, E)
    order = np.argsort(-table.born, kind="stable")
    found = []
    for t in range(1, table.generations + 1):
        alive = np.zeros(len(order))
        for e in order[table.born[order] <= t]:
            alive[e] = 1.0 if table.weights[t - 1, e] > 0 else -np.expm1(-(offspring[:, e] @ alive))
        found.append(np.sum(alive * table.size * (table.source == 0)))
    return np.array(found)


class BranchingRecall(Law):
    r"""E Σ p_i 1(p_{t,i} > 0) = 1 − Σ p_i exp(−Λ_t p_i) up to O(1/n), Λ_t the real points that have offspring in training set t.

    Replace has Λ_t = n f_t with f_1 = 1, f_{t+1} = 1 − e^{−f_t} ~ 2/t. Fresh data, n_r of n points, keep Λ_t above n_r for ever.
    """

    name = "branching-recall"
    observable = "recall"
    kind = "first_order"
    family = Categorical
    recursive = True
    differentiable = False
    statement = (
        r"1-\sum_ip_{0,i}e^{-\Lambda_tp_{0,i}}+O(1/n),\qquad\Lambda_t=\sum_{e:k(e)=0}n_eu_e,\quad"
        r"u_e=1\ (w_{te}>0),\ 1-\exp\Bigl(-\sum_{f}\frac{n_fw_{k(f)e}}{n_e}u_f\Bigr)\ (w_{te}=0)"
    )
    source = "dohmatob2024tails, suresh2024, madtheory"
    hypotheses = NEUTRAL

    def mean(self, loop: Loop, generations: int) -> Any:
        p = frequencies(loop)
        lost = np.exp(-np.multiply.outer(founders(loop.composition(generations)), p)) @ p
        return 1 - np.concatenate([[0.0], lost])

    def wrong(self, loop: Loop) -> Loop:
        return one_point_more(loop, 0.2)

    def cases(self) -> list[tuple[Loop, int]]:
        weights = [[1, 0, 0], [0.3, 0.7, 0], [0, 0.4, 0.6]]
        return [
            (zipf_loop(Fresh(n_real=20, n_synthetic=40)), 3),
            (zipf_loop(Window(n=30, window=3)), 4),
            (zipf_loop(Custom(source=[0, 1, 2], size=[30, 25, 40], weights=weights)), 3),
        ]
