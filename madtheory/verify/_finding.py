"""A finding: one check's statistic, what it would make of a wrong law, and the verdict that follows at a level."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

from madtheory.verify._tails import chi_square_level, noncentral_chi_square_above, normal_above, normal_level

SURE = 0.99  # probability with which an error of the printed resolution would be seen


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The outcome of one check.

    Attributes:
        law: name of the law checked; `None` for invariants.
        observable: what was measured.
        check: "end_of_run", "distribution", "one_step", "per_generation", "tilted", "symmetry", "bound",
            "shrinking" or "invariant".
        generation: the generation checked, or the last of those pooled.
        statistic: in standard errors, or a chi-square.
        level: false-alarm rate of this check; all checks of a run together keep the asked level.
        p_value: probability of a statistic at least this extreme when the law is true.
        power: probability that the law's `wrong()` neighbour would have been rejected here, where it was worked out.
        resolution: smallest relative error of the mean seen with probability 0.99, where it is defined; of the variance
            where its logarithm is measured, and in standard deviations of one step for the mean and variance of a step.
        status: "passed", "failed" or "untestable".
        detail: in words.
    """

    law: str | None
    observable: str
    check: str
    generation: int
    statistic: float | None
    level: float | None
    p_value: float | None
    power: float | None
    resolution: float | None
    status: str
    detail: str = ""

    @property
    def passed(self) -> bool:
        """True unless the check failed; an untestable check is not passed either."""
        return self.status == "passed"

    def to_dict(self) -> dict[str, Any]:
        """As the command line prints it."""
        return {**dataclasses.asdict(self), "passed": self.passed}


@dataclasses.dataclass(frozen=True)
class Finding:
    """A check before the level of the family is known.

    Attributes:
        law, observable, check, generation, statistic, p_value, detail: as in `Verdict`.
        power: false-alarm rate → probability of rejecting the wrong neighbour.
        resolution: false-alarm rate → smallest relative error seen with probability 0.99.
        untestable: the statistic has no known law here; nothing is concluded.
    """

    law: str | None
    observable: str
    check: str
    generation: int
    statistic: float | None = None
    p_value: float | None = None
    power: Callable[[float], float] | None = None
    resolution: Callable[[float], float] | None = None
    untestable: bool = False
    detail: str = ""

    def judge(self, level: float) -> Verdict:
        """The verdict at false-alarm rate `level`."""
        status = "untestable" if self.untestable else "passed" if self.p_value is None or self.p_value > level else "failed"
        known = not self.untestable
        return Verdict(
            self.law, self.observable, self.check, self.generation, self.statistic, level if known else None, self.p_value,
            self.power(level) if self.power and known else None, self.resolution(level) if self.resolution and known else None,
            status, self.detail,
        )  # fmt: skip


def judge(findings: Sequence[Finding], level: float) -> list[Verdict]:
    """Verdicts whose false alarms, all together, occur with probability at most `level` when every law is true.

    The level is shared out by Šidák's rule among the checks that carry a p-value, which is exact for independent
    checks and conservative for positively dependent ones.
    """
    carrying = sum(f.p_value is not None and not f.untestable for f in findings)
    own = sidak(level, max(carrying, 1))
    return [finding.judge(own) for finding in findings]


def sidak(level: float, checks: int) -> float:
    """The level of each of `checks` independent checks that gives `level` for all of them."""
    return -math.expm1(math.log1p(-level) / checks)


def z_power(shift: float | None, checks: int = 1) -> Callable[[float], float] | None:
    """Power of a two-sided z-test against a mean shifted by `shift` standard errors; the largest of `checks` z's."""
    if shift is None or math.isnan(shift):
        return None
    return lambda level: float(_two_sided(_critical(level, checks), shift))


def z_resolution(relative_error: float, checks: int = 1) -> Callable[[float], float]:
    """Smallest relative error seen with probability 0.99, for a statistic with this relative standard error."""
    return lambda level: float((_critical(level, checks) + normal_level(1 - SURE)) * relative_error)


def log_resolution(relative_error: float, checks: int = 1) -> Callable[[float], float]:
    """The same for a mean that is tested through its logarithm."""
    plain = z_resolution(relative_error, checks)
    return lambda level: math.expm1(plain(level))


def chi_square_power(noncentrality: float, degrees: int) -> Callable[[float], float]:
    """Power of a chi-square test against a law with this noncentrality."""
    return lambda level: float(noncentral_chi_square_above(chi_square_level(level, degrees), degrees, max(noncentrality, 1e-12)))


def largest_p(smallest: float, checks: int) -> float:
    """p-value of the smallest of `checks` two-sided p-values of normal z's (Šidák 1967).

    Exact where they are independent, an upper bound whatever their correlations.
    """
    return -math.expm1(checks * math.log1p(-min(smallest, 1 - 1e-16)))


def bonferroni(smallest: float, checks: int) -> float:
    """p-value of the smallest of `checks` p-values, whatever they have to do with each other."""
    return min(1.0, checks * smallest)


def two_sided_p(z: float) -> float:
    """p-value of a z statistic."""
    return float(2 * normal_above(abs(z)))


def _critical(level: float, checks: int) -> float:
    return float(normal_level(sidak(level, checks) / 2))


def _two_sided(critical: float, shift: float) -> float:
    return float(normal_above(critical - abs(shift)) + normal_above(critical + abs(shift)))
