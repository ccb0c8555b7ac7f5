"""Laplace, logistic, Student, uniform and shifted exponential laws with their estimators."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from scipy.special import stdtrit

from madtheory._fields import array, choice, field, plain
from madtheory.errors import BadInput
from madtheory.models._bag import Bag
from madtheory.models._family import Family
from madtheory.models._location_scale import LocationScale, LocationScaleTruth
from madtheory.random import chi_square, normal
from madtheory.random.gamma import log_uniform
from madtheory.truth import RealLaw


def open_uniforms(words: Any, rows: int, dtype: Any) -> tuple[Any, Any]:
    """(rows,) log U and log(1−U) of uniforms with 33 bits towards both ends."""
    word = words.many(rows)
    return log_uniform(word, dtype), log_uniform(word ^ np.uint32(1), dtype)


def moments(bag: Bag, unit_variance: float) -> tuple[Any, Any]:
    """Mean, and standard deviation in units of that of the standard member."""
    return bag.mean()[0], jnp.sqrt(bag.variance()[0] / unit_variance)


def quartiles(bag: Bag, unit_quartile: float) -> tuple[Any, Any]:
    """Median, and half the interquartile range in units of the upper quartile of the standard member."""
    return bag.quantile(0.5), (bag.quantile(0.75) - bag.quantile(0.25)) / (2 * unit_quartile)


class Laplace(LocationScale):
    """Laplace (double exponential) points, scale E|x−μ|; maximum likelihood: the median, and the mean deviation from it."""

    kind: ClassVar[str] = "laplace"

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(Laplace(), LocationScaleTruth(location=1.0, scale=2.0))]

    @property
    def unit_variance(self) -> float:
        return 2.0

    def standard_points(self, words: Any, rows: int, dtype: Any) -> Any:
        below, above = open_uniforms(words, rows, dtype)
        return jnp.where(below < above, below + math.log(2), -(above + math.log(2)))

    def estimate(self, bag: Bag) -> tuple[Any, Any]:
        median = bag.quantile(0.5)
        return median, bag.share @ jnp.where(bag.weight > 0, abs(bag.points[:, 0] - median), 0)


class Estimated(LocationScale):
    """Base of symmetric families that are fitted by moments or by quartiles."""

    fit_by: str = choice("moments", "quartiles", default="moments")

    @property
    def unit_quartile(self) -> float:
        """Upper quartile of the standard member."""
        raise NotImplementedError

    @property
    def median_variance(self) -> float:
        """1/(4 f(0)²), n times the variance of the median of n points of the standard member, as n → ∞."""
        raise NotImplementedError

    def estimate(self, bag: Bag) -> tuple[Any, Any]:
        return moments(bag, self.unit_variance) if self.fit_by == "moments" else quartiles(bag, self.unit_quartile)


class Logistic(Estimated):
    """Logistic points of scale s, variance π²s²/3.

    Attributes:
        fit_by: "moments" (mean and standard deviation) or "quartiles" (median and interquartile range).
    """

    kind: ClassVar[str] = "logistic"

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(Logistic(), LocationScaleTruth()), (Logistic(fit_by="quartiles"), LocationScaleTruth())]

    @property
    def unit_variance(self) -> float:
        return math.pi**2 / 3

    @property
    def unit_quartile(self) -> float:
        return math.log(3)

    @property
    def median_variance(self) -> float:
        return 4.0

    def standard_points(self, words: Any, rows: int, dtype: Any) -> Any:
        below, above = open_uniforms(words, rows, dtype)
        return below - above


def _check_degrees(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, float) or not 0 < value < math.inf:
        raise BadInput(name, "a finite number above 0", plain(value))


def _number(value: Any) -> Any:
    given = array(value)
    return float(given) if isinstance(given, np.ndarray) and given.ndim == 0 else value


class Student(Estimated):
    """Student points with known degrees of freedom.

    Attributes:
        degrees: of freedom, above 2 where the fit is by moments (dimensionless).
        fit_by: "moments" (mean and standard deviation) or "quartiles" (median and interquartile range).
    """

    kind: ClassVar[str] = "student"
    degrees: float = field(_number, _check_degrees, static=True, kw_only=True)

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        heavy = Student(degrees=1.0, fit_by="quartiles")
        return [(Student(degrees=5.0), LocationScaleTruth()), (heavy, LocationScaleTruth(location=2.0))]

    def check(self) -> None:
        if self.fit_by == "moments" and self.degrees <= 2:
            raise BadInput("degrees", "more than 2, for a variance to fit, or fit_by = 'quartiles'", plain(self.degrees))

    @property
    def unit_variance(self) -> float:
        return self.degrees / (self.degrees - 2) if self.degrees > 2 else math.inf

    @property
    def unit_quartile(self) -> float:
        return float(stdtrit(self.degrees, 0.75))

    @property
    def median_variance(self) -> float:
        half = self.degrees / 2
        return math.pi * self.degrees / 4 * math.exp(2 * (math.lgamma(half) - math.lgamma(half + 0.5)))

    def standard_points(self, words: Any, rows: int, dtype: Any) -> Any:
        word = words.many(3 * rows)
        squares = chi_square((word[rows : 2 * rows], word[2 * rows :]), self.degrees, dtype)
        return normal(word[:rows], dtype) / jnp.sqrt(squares / self.degrees)


class Uniform(LocationScale):
    """Uniform points on (0, θ), scale θ; maximum likelihood: the largest."""

    kind: ClassVar[str] = "uniform"
    least_points: ClassVar[int] = 1

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(Uniform(), LocationScaleTruth(scale=3.0))]

    def check_truth(self, truth: Any) -> None:
        super().check_truth(truth)
        if truth.location != 0:
            raise BadInput("truth.location", "0, where the interval begins", plain(truth.location))

    @property
    def unit_variance(self) -> float:
        return 1 / 12

    def standard_points(self, words: Any, rows: int, dtype: Any) -> Any:
        return jnp.exp(open_uniforms(words, rows, dtype)[0])

    def estimate(self, bag: Bag) -> tuple[Any, Any]:
        return jnp.zeros((), bag.points.dtype), jnp.max(jnp.where(bag.weight > 0, bag.points[:, 0], 0))


class ShiftedExponential(LocationScale):
    """Exponential points from μ on, scale E(x−μ); maximum likelihood: the smallest, and the mean distance from it."""

    kind: ClassVar[str] = "shifted_exponential"

    @staticmethod
    def cases() -> list[tuple[Family, RealLaw]]:
        return [(ShiftedExponential(), LocationScaleTruth(location=-1.0, scale=0.5))]

    @property
    def unit_variance(self) -> float:
        return 1.0

    def standard_points(self, words: Any, rows: int, dtype: Any) -> Any:
        return -open_uniforms(words, rows, dtype)[0]

    def estimate(self, bag: Bag) -> tuple[Any, Any]:
        smallest = jnp.min(jnp.where(bag.weight > 0, bag.points[:, 0], jnp.inf))
        return smallest, bag.share @ jnp.where(bag.weight > 0, bag.points[:, 0] - smallest, 0)
