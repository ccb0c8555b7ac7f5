"""The real law: given by its mean and covariance, or fitted to the user's data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from madtheory._fields import Checked, array, choice, count, field, plain
from madtheory.errors import BadInput

DERIVED = ("mean", "covariance", "points")  # what is computed from data
SYMMETRY = 1e-9  # relative asymmetry that decimal input may carry


def vector(name: str, value: Any) -> None:
    """Refuse what is not a list of finite numbers."""
    if not (isinstance(value, np.ndarray) and value.ndim == 1 and value.size > 0 and np.all(np.isfinite(value))):
        raise BadInput(name, "a list of finite numbers, one per dimension", plain(value))


def positive_definite(name: str, value: Any) -> None:
    """Refuse what is not a symmetric positive definite matrix."""
    if not (isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[0] == value.shape[1]):
        raise BadInput(name, "a square matrix of numbers", plain(value))
    if not np.all(np.isfinite(value)):
        raise BadInput(name, "finite numbers", plain(value))
    with np.errstate(over="ignore"):
        asymmetry = np.max(abs(value - value.T))
    if asymmetry > SYMMETRY * np.max(abs(value)):
        raise BadInput(name, "a symmetric matrix", plain(value))
    smallest, largest = np.linalg.eigvalsh(value)[[0, -1]]
    if not smallest > len(value) * np.finfo(float).eps * largest:
        raise BadInput(name, "a positive definite matrix", f"smallest eigenvalue {smallest:.3g}, largest {largest:.3g}")


def _points(name: str, value: Any) -> None:
    if not (isinstance(value, np.ndarray) and value.ndim == 2 and np.all(np.isfinite(value))):
        raise BadInput(name, "a matrix of finite numbers, a row per point", plain(value))


def _text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise BadInput(name, "a file ending in .csv, .npz or .parquet, or 'digits'", value)


def _names(name: str, value: Any) -> None:
    if not (isinstance(value, tuple) and value and all(isinstance(column, str) for column in value)):
        raise BadInput(name, "a list of column names", value)


class RealLaw(Checked):
    """Base of what can stand as a loop's truth, generation 0."""

    @property
    def dim(self) -> int:
        """d, the dimension of a point."""
        return 1

    @property
    def parametric(self) -> bool:
        """Whether real data are drawn from the law itself, and not from a table."""
        return True

    def derived(self) -> tuple[str, ...]:
        """Fields that follow from others, so that they are not written down again."""
        return ()

    @classmethod
    def read(cls, table: dict[str, Any], folder: Path, build: Callable[..., Any]) -> Any:
        """The law that a table describes; relative paths start at `folder`, and `build` makes a class from a plain table."""
        return build(cls, table)


class Truth(RealLaw):
    """The Gaussian real law N(mean, covariance), and where real draws come from.

    Attributes:
        mean: (d,) mean.
        covariance: (d, d) symmetric positive definite.
        real_draws: "parametric" draws real data from the Gaussian; "bootstrap" draws rows of `points`.
        points: (N, d) the user's data, where the law was fitted to data.
        data, columns, components: where `points` was read from, so that a loop can be written down again (`from_data`).
    """

    mean: Any = field(array, vector)
    covariance: Any = field(array, positive_definite)
    real_draws: str = choice("parametric", "bootstrap", default="parametric")
    points: Any = field(array, _points, default=None)
    data: str | None = field(lambda value: value, _text, static=True, default=None)
    columns: tuple[str, ...] | None = field(lambda value: value, _names, static=True, default=None)
    components: int | None = count(default=None)

    def check(self) -> None:
        for name in ("columns", "components"):
            if self.data is None and getattr(self, name) is not None:
                raise BadInput(name, "to stand beside `data`, whose columns they are", getattr(self, name))
        if len(self.mean) != len(self.covariance):
            expected = f"{len(self.covariance)} entries, as many as the covariance has rows"
            raise BadInput("mean", expected, f"{len(self.mean)} entries")
        if self.points is not None and self.points.shape[1] != len(self.mean):
            raise BadInput("points", f"{len(self.mean)} columns, one per dimension", f"{self.points.shape[1]} columns")
        if self.real_draws == "bootstrap" and self.points is None:
            raise BadInput("real_draws", "'parametric', because there is no data to draw from", self.real_draws)

    @property
    def dim(self) -> int:
        """d."""
        return len(self.mean)

    @property
    def parametric(self) -> bool:
        return self.real_draws == "parametric"

    def derived(self) -> tuple[str, ...]:
        return DERIVED if self.data is not None else ()

    @classmethod
    def read(cls, table: dict[str, Any], folder: Path, build: Callable[..., Any]) -> Any:
        if "data" not in table:
            return build(cls, table)
        for name in DERIVED:
            if name in table:
                raise BadInput(name, "nothing beside `data`, from which it is computed", table[name])
        from madtheory.data import fitted

        return fitted(**table, folder=folder)

    @staticmethod
    def standard(dim: int) -> Truth:
        """N(0, I) in `dim` dimensions."""
        return Truth(mean=np.zeros(dim), covariance=np.eye(dim))

    @staticmethod
    def fitted(points: np.ndarray, real_draws: str = "parametric") -> Truth:
        """The Gaussian with the mean and 1/N covariance of `points` (N, d): those of the law that a bootstrap draws from."""
        covariance = np.atleast_2d(np.cov(points.T, bias=True))
        return Truth(mean=points.mean(axis=0), covariance=covariance, real_draws=real_draws, points=points)

    @staticmethod
    def from_data(
        data: str | PathLike[str],
        columns: Sequence[str] | None = None,
        components: int | None = None,
        real_draws: str = "parametric",
    ) -> Truth:
        """The law fitted to a .csv, .npz or .parquet file, or to scikit-learn's "digits".

        `columns` keeps some columns, by name; `components` keeps that many leading principal components.
        """
        from madtheory.data import fitted

        return fitted(data, columns, components, real_draws)
