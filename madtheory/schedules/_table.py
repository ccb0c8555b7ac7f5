"""The composition of a loop's training sets: the one table from which every law is computed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from madtheory.errors import BadInput

WEIGHT_TOLERANCE = 1e-9


class Composition(NamedTuple):
    """E batches and T training sets.

    Attributes:
        source: (E,) the model that draws batch e; 0 is the real law.
        size: (E,) points in batch e (counts).
        born: (E,) the generation whose training set is the first to hold batch e.
        weights: (T, E) row t−1 is the weight of each batch in the training set of generation t; rows sum to 1.
        bias: (E,) sampling bias λ of each batch, or `None` when the loop's own applies.
        pool: `None`, or how each generation sees its pool: "subset" / "resample" of `size_seen` points.
        size_seen: (T,) points drawn from the pool for the fit, where `pool` is set.
    """

    source: np.ndarray
    size: np.ndarray
    born: np.ndarray
    weights: np.ndarray
    bias: Any = None
    pool: str | None = None
    size_seen: np.ndarray | None = None

    @property
    def generations(self) -> int:
        """T, the number of training sets."""
        return len(self.weights)

    def training_sizes(self) -> np.ndarray:
        """(T,) points in each training set (batches of weight 0 are absent)."""
        return (self.weights > 0) @ self.size


def new_each_generation(sources: list[np.ndarray], sizes: list[np.ndarray], shares: list[np.ndarray]) -> Composition:
    """A composition in which no batch outlives its generation: one list entry per generation."""
    rows = len(sources)
    born = np.repeat(np.arange(1, rows + 1), [len(s) for s in sources])
    weights = np.zeros((rows, len(born)))
    weights[born - 1, np.arange(len(born))] = np.concatenate(shares)
    return Composition(np.concatenate(sources), np.concatenate(sizes), born, weights)


def check_composition(table: Composition) -> None:
    """Refuse weights that are negative, do not sum to 1, or look into the future."""
    generation = np.arange(1, table.generations + 1)
    total = table.weights.sum(axis=1)
    if np.any(table.weights < 0):
        raise BadInput("weights", "numbers of at least 0", float(table.weights.min()))
    if np.any(abs(total - 1) > WEIGHT_TOLERANCE):
        worst = int(np.argmax(abs(total - 1)))
        raise BadInput("weights", f"row {worst + 1} to sum to 1", float(total[worst]))
    ahead = (table.weights > 0) & (table.source[None, :] >= generation[:, None])
    if np.any(ahead):
        row, batch = np.argwhere(ahead)[0]
        raise BadInput("weights", f"generation {row + 1} to use only models before it", f"a batch of model {table.source[batch]}")
