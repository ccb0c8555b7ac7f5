"""What every law of the atlas promises, whoever wrote it. Laws are found in ATLAS; nothing here names one."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import madtheory.laws
from madtheory.curation import Tilt
from madtheory.errors import LawDoesNotApply
from madtheory.laws import ATLAS, STRENGTH, Law, Quantity, evaluate
from madtheory.laws._cases import gaussian_loop
from madtheory.laws._morris_cases import mean_loop, symbol_loop
from madtheory.laws._points import points_loop
from madtheory.laws._regression import regression_loop
from madtheory.laws.autoregressive import series_loop
from madtheory.laws.canonical_regression import canonical_loop
from madtheory.laws.fresh_accumulate_exponent import fresh_pool
from madtheory.laws.location_scale_moments import location_loop
from madtheory.laws.probabilistic_pca import factor_loop
from madtheory.laws.vector_autoregressive import vector_loop
from madtheory.loop import Loop
from madtheory.models import (
    Bernoulli,
    Bootstrap,
    Categorical,
    Exponential,
    Gamma,
    Gaussian,
    Laplace,
    Logistic,
    NormalMean,
    Poisson,
    ShiftedExponential,
)
from madtheory.samplers import FlowMatching
from madtheory.schedules import Accumulate, AccumulateSubsample, FixedReal, Fresh, Replace, Schedule, Weighted, Window
from madtheory.truth import Truth

BIB = Path(madtheory.laws.__file__).parent / "references.bib"
UNPUBLISHED = {"madtheory"}  # results of this project
CASES = [pytest.param(law, *case, id=f"{name}-{i}") for name, law in ATLAS.items() for i, case in enumerate(law.cases())]
OPPOSITES = [("\\left", "\\right"), *((f"\\{size}l", f"\\{size}r") for size in ("big", "Big", "bigg", "Bigg"))]
every_law = pytest.mark.parametrize("law", ATLAS.values(), ids=list(ATLAS))
every_case = pytest.mark.parametrize(("law", "loop", "generations"), CASES)


def predicted(law: Law, loop: Loop, generations: int) -> Any:
    """What a law says: its number, or its mean at every generation."""
    return law.value(loop) if isinstance(law, Quantity) else law.mean(loop, generations)


def unbalanced(text: str) -> list[str]:
    """The TeX tokens of a statement that lack their partner."""
    bare = text.replace(r"\{", "").replace(r"\}", "")
    depth = np.cumsum([(c == "{") - (c == "}") for c in bare])
    count = {token: len(re.findall(re.escape(token) + r"(?![a-zA-Z])", bare)) for pair in OPPOSITES for token in pair}
    wrong = [f"{a}…{b}" for a, b in OPPOSITES if count[a] != count[b]]
    return wrong + (["{…}"] if depth[-1] or np.any(depth < 0) else [])


def keys() -> set[str]:
    """The keys of references.bib."""
    return set(re.findall(r"^@\w+\{([^,\s]+),", BIB.read_text(encoding="utf-8"), re.MULTILINE))


@every_law
def test_the_passport_is_complete(law: Law) -> None:
    assert ATLAS[law.name] is law
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", law.name)
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", law.observable)
    assert law.kind in STRENGTH
    assert type(law).__doc__
    assert all(hypothesis.text and callable(hypothesis.holds) for hypothesis in law.hypotheses)
    assert law.cases()


@every_law
def test_the_sources_exist(law: Law) -> None:
    cited = {key.strip() for key in law.source.split(",")}
    assert cited
    assert cited <= keys() | UNPUBLISHED


@every_law
def test_the_statement_is_balanced(law: Law) -> None:
    assert law.statement
    assert unbalanced(law.statement) == []


@pytest.mark.parametrize("text", [r"\frac{1}{2", r"}{", r"\Bigl(x\bigr)", r"\left(x)"])
def test_an_unbalanced_statement_is_refused(text: str) -> None:
    assert unbalanced(text)


@every_case
def test_the_law_applies_to_its_cases(law: Law, loop: Loop, generations: int) -> None:
    loop.check_generations(generations)
    law.require(loop)
    assert law.applies(loop)


@every_case
def test_the_mean_is_finite_and_has_a_row_per_generation(law: Law, loop: Loop, generations: int) -> None:
    method, given = (law.value, ()) if isinstance(law, Quantity) else (law.mean, (generations,))
    mean = evaluate(method, loop, *given)
    assert mean is not None
    if isinstance(law, Quantity):
        assert mean.ndim == 0
    else:
        assert mean.shape[0] == generations + 1
    lost = (mean == -np.inf) & (law.observable == "log_eigenvalues")  # eigenvalues that a small sample has made zero
    at_truth = {"distinct_points": np.inf, "log_risk": -np.inf}  # a continuous law has no number of points, the truth no error
    if law.observable in at_truth:
        lost[0] = mean[0] == at_truth[law.observable]
    assert np.all(np.isfinite(mean) | lost)


@every_case
def test_the_variance_is_a_variance(law: Law, loop: Loop, generations: int) -> None:
    variance = None if isinstance(law, Quantity) else evaluate(law.variance, loop, generations)
    if variance is not None:
        mean = evaluate(law.mean, loop, generations)
        assert mean is not None
        assert variance.shape == mean.shape
        assert np.all(variance >= -1e-12 * np.max(mean**2))
        assert np.all(variance[1:] > 0) or law.observable in ("tail_probability", "improvement")


@every_case
def test_the_distribution_is_one(law: Law, loop: Loop, generations: int) -> None:
    x = np.linspace(-3, 3, 25)
    cdf = evaluate(law.cdf, loop, generations, x)
    if cdf is not None:
        assert cdf.shape == x.shape
        assert np.all((cdf >= 0) & (cdf <= 1))
        assert np.all(np.diff(cdf) >= -1e-12)


def differs(law: Law, loop: Loop, other: Loop, generations: int) -> bool:
    """Whether a law says something else of another loop."""
    methods: list[Callable[..., Any]] = [lambda lo: predicted(law, lo, generations)]
    methods += [] if isinstance(law, Quantity) else [lambda lo: law.variance(lo, generations)]
    methods += [lambda lo: law.cdf(lo, generations, np.linspace(-3, 3, 25))]
    with jax.enable_x64(True):
        pairs = [(method(loop), method(other)) for method in methods]
    known = [(np.asarray(a), np.asarray(b)) for a, b in pairs if a is not None and b is not None]
    return any(not np.allclose(a, b, rtol=1e-9, atol=1e-9) for a, b in known)


@every_case
def test_the_wrong_loop_has_another_law(law: Law, loop: Loop, generations: int) -> None:
    assert differs(law, loop, law.wrong(loop), generations)
    assert not differs(law, loop, loop, generations)


def slope(law: Law, loop: Loop, generations: int, where: Callable[[Loop], Any]) -> Any:
    """Gradient of the sum of a law's finite predictions in one input of the loop."""

    def total(value: Any) -> Any:
        mean = predicted(law, eqx.tree_at(where, loop, value), generations)
        return jnp.sum(jnp.where(jnp.isfinite(mean), mean, 0.0))

    with jax.enable_x64(True):
        return np.asarray(jax.grad(total)(jnp.asarray(where(loop), dtype=jnp.float64)))


INPUTS: dict[str, Callable[[Loop], Any]] = {
    "sampling_bias": lambda lo: lo.sampling_bias,
    "covariance": lambda lo: lo.truth.covariance,
    "mean": lambda lo: lo.truth.mean,
    "probabilities": lambda lo: lo.truth.probabilities,
    "scale": lambda lo: lo.truth.scale,
}


def inputs(loop: Loop) -> list[str]:
    """What of a loop a law may be differentiated in."""
    of_truth = {"Truth": ["covariance"], "MeanTruth": ["mean"], "CategoricalTruth": ["probabilities"]}
    of_truth["LocationScaleTruth"] = ["scale"]
    named = of_truth.get(type(loop.truth).__name__, [])
    return ["sampling_bias", *named] if loop.model.biased else named


SMOOTH = [
    pytest.param(law, *case, field, id=f"{name}-{i}-{field}")
    for name, law in ATLAS.items()
    if law.differentiable
    for i, case in enumerate(law.cases())
    for field in inputs(case[0])
]


@pytest.mark.parametrize(("law", "loop", "generations", "field"), SMOOTH)
def test_gradients_are_finite_and_right(law: Law, loop: Loop, generations: int, field: str) -> None:
    where = INPUTS[field]
    found = slope(law, loop, generations, where)
    assert found.shape == np.shape(where(loop))
    assert np.all(np.isfinite(found))
    assert np.sum(found * where(loop)) == pytest.approx(by_differences(law, loop, generations, where), rel=1e-5, abs=1e-6)


def by_differences(law: Law, loop: Loop, generations: int, where: Callable[[Loop], Any], step: float = 1e-5) -> float:
    """The same derivative, along a change of scale, by central differences."""

    def total(factor: float) -> float:
        with jax.enable_x64(True):
            mean = np.asarray(predicted(law, eqx.tree_at(where, loop, where(loop) * factor), generations))
        return float(np.sum(mean[np.isfinite(mean)]))

    return (total(1 + step) - total(1 - step)) / (2 * step)


def strangers() -> list[Loop]:
    """Loops of all kinds, so that every hypothesis is broken by one of them."""
    points = np.random.default_rng(0).normal(size=(50, 1))
    plain = {"sampling_bias": 1.0, "bias_first_generation": False, "estimator": "unbiased"}
    schedules = [Replace(n=10), Replace(n=[10, 4, 5]), Replace(n=3), Accumulate(n=10), Fresh(n_real=5, n_synthetic=6)]
    schedules += [FixedReal(n_real=5, n_synthetic=6), FixedReal(n_real=5, n_synthetic=[6, 7]), Window(n=9, window=3)]
    schedules += [AccumulateSubsample(n=10)]
    loops = [Loop(model=Gaussian(dim=d), truth=Truth.standard(d), schedule=s, **plain) for s in schedules for d in (1, 4)]
    changes = [{"sampling_bias": 0.5}, {"sampling_bias": 1.4}, {"sampling_bias": [0.5, 1.0]}, {"estimator": "mle"}]
    changes += [{"estimator": "mle", "schedule": Replace(n=1)}]
    for change in changes:
        given = {"schedule": Replace(n=10)} | plain | change
        loops.append(Loop(model=Gaussian(dim=1), truth=Truth.standard(1), **given))
    resampled = Truth.fitted(points, real_draws="bootstrap")
    loops += [Loop(model=Gaussian(dim=1), truth=resampled, schedule=s, **plain) for s in schedules]
    return loops


def relatives() -> list[Loop]:
    """Loops that miss one hypothesis of a law about their own schedule."""
    resampled = Truth.fitted(np.random.default_rng(0).normal(size=(50, 1)), real_draws="bootstrap")
    own = [Accumulate(n=10, n_initial=5), Accumulate(n=[10, 4, 5]), Accumulate(n=1)]
    own += [Window(n=[9, 9], window=3), Window(n=10, window=3), Window(n=10, window=3, n_real=5)]
    own += [Window(n=9, window=3, n_real=[4, 5])]
    loops = [gaussian_loop(schedule, estimator="mle") for schedule in own]
    biased = [Accumulate(n=10), AccumulateSubsample(n=10), Window(n=9, window=3), Window(n=9, window=3, n_real=5)]
    biased += [fresh_pool(3, 5, 4), Fresh(n_real=5, n_synthetic=6), FixedReal(n_real=5, n_synthetic=6)]
    biased += [Weighted(n_real=5, n_synthetic=6, weight=0.5)]
    options = [{"estimator": estimator, "sampling_bias": bias} for estimator in ("mle", "unbiased") for bias in (0.7, [0.7] * 3)]
    loops += [gaussian_loop(schedule, **option) for schedule in biased for option in options]
    unlike = Loop(model=Gaussian(dim=1), truth=resampled, schedule=Fresh(n_real=5, n_synthetic=6), sampling_bias=0.7,
                  bias_first_generation=False, estimator="unbiased")
    return [*loops, unlike]


def steered(loops: list[Loop]) -> list[Loop]:
    """Those of Gaussian models with a sampler or curations between model and draws."""
    gaussian = [loop for loop in loops if isinstance(loop.model, Gaussian)]
    flow, weak, strong = FlowMatching(3), [Tilt(direction=[0.1] * d) for d in range(1, 10)], Tilt(direction=[9.0])
    tilted = [dataclasses.replace(loop, curation=weak[loop.dim - 1]) for loop in gaussian if loop.dim < 10]
    strongly = [dataclasses.replace(loop, curation=strong) for loop in gaussian if loop.dim == 1]
    return [*tilted, *strongly, *(dataclasses.replace(loop, sampler=flow) for loop in [*tilted, *gaussian])]


def first_broken(law: Law, loop: Loop) -> str | None:
    """The first hypothesis that a loop does not meet, in words."""
    if not isinstance(loop.model, law.family):
        return f"a {' or '.join(law.models())} model"
    return next((hypothesis.text for hypothesis in law.needs() if not hypothesis.holds(loop)), None)


def switches(loop: Loop) -> list[Loop]:
    """The same loop with one of its switches the other way."""
    other = "mle" if loop.estimator == "unbiased" else "unbiased"
    flipped = dataclasses.replace(loop, bias_first_generation=not loop.bias_first_generation)
    possible = other in loop.model.estimators and loop.composition(1).training_sizes()[0] > 1
    return [flipped, *([dataclasses.replace(loop, estimator=other)] if possible else [])]


def of_other_families() -> list[Loop]:
    """Loops of Morris families and categorical models that miss one hypothesis each."""
    prior = {"prior_size": 2.0, "prior_mean": 0.5}
    families: list[Any] = [Poisson(), Poisson(**prior), Exponential(), Exponential(**prior), Bernoulli(), Bernoulli(**prior)]
    own: list[Schedule] = [Replace(n=6), Replace(n=[6, 7]), Accumulate(n=6), Accumulate(n=[6, 7]), Accumulate(n=6, n_initial=8)]
    own += [Fresh(n_real=5, n_synthetic=6), Fresh(n_real=[5, 4], n_synthetic=6), FixedReal(n_real=5, n_synthetic=6)]
    own += [AccumulateSubsample(n=6)]
    loops = [mean_loop(family, 0.4, schedule) for family in families for schedule in own]
    loops += [mean_loop(NormalMean(), 0.4, schedule, sampling_bias=0.8) for schedule in own]
    loops += [mean_loop(Gamma(shape=0.1), 0.4, Fresh(n_real=1, n_synthetic=6))]
    models = [Categorical(), Categorical(top_k=3), Categorical(add=0.5)]
    loops += [symbol_loop(schedule, model=model) for model in models for schedule in own]
    loops += [symbol_loop(Replace(n=6), tuple([0.05] * 20))]
    loops += [points_loop(Bootstrap(), schedule) for schedule in own]
    places = [ShiftedExponential(), Laplace(), Logistic(fit_by="quartiles")]
    loops += [location_loop(model, schedule) for model in places for schedule in own]  # type: ignore[arg-type]
    loops += [location_loop(ShiftedExponential(), Replace(n=6), sampling_bias=[0.9, 0.8])]
    resampled = Truth.fitted(np.random.default_rng(0).normal(size=(50, 1)), real_draws="bootstrap")
    loops += [dataclasses.replace(points_loop(Bootstrap(), Replace(n=6)), truth=resampled)]
    learners = [NormalMean(**prior), NormalMean(update="posterior", **prior)]
    loops += [mean_loop(model, mean, schedule) for model in learners for mean in (0.4, 0.5) for schedule in own]
    biased = mean_loop(NormalMean(update="posterior", **prior), 0.5, Replace(n=6), sampling_bias=0.8)
    loops += [biased, dataclasses.replace(biased, schedule=Replace(n=[6, 7]))]
    even = [symbol_loop(schedule, (0.25,) * 4) for schedule in own]
    loops += [*even, *(dataclasses.replace(loop, sampling_bias=bias) for loop in even for bias in (0.8, [0.8, 0.7]))]
    tempered = dataclasses.replace(symbol_loop(Replace(n=6)), sampling_bias=0.8)
    urn = symbol_loop(Accumulate(n=1, n_initial=6))
    loops += [dataclasses.replace(urn, sampling_bias=0.8), symbol_loop(urn.schedule, model=Categorical(add=0.5))]
    loops += [mean_loop(NormalMean(**prior), 0.5, Replace(n=6), sampling_bias=0.8)]
    fresh = gaussian_loop(Fresh(n_real=5, n_synthetic=6), estimator="mle")
    loops += [dataclasses.replace(fresh, truth=resampled), gaussian_loop(Fresh(n_real=[5, 4], n_synthetic=6), estimator="mle")]
    loops += of_regressions()
    loops += [eqx.tree_at(lambda lo: lo.truth.coefficients, canonical_loop(Replace(n=9)), np.zeros(3))]
    factors = factor_loop(Replace(n=9), 1, 3)
    loops += [dataclasses.replace(factors, truth=Truth(mean=np.zeros(3), covariance=np.diag([1.0, 2.0, 3.0])))]
    loops += [dataclasses.replace(factors, truth=Truth.fitted(np.random.default_rng(0).normal(size=(50, 3)), "bootstrap"))]
    series = [series_loop("ols", "fitted", 9), vector_loop("fitted", 9)]
    loops += [dataclasses.replace(loop, schedule=schedule) for loop in series for schedule in own]
    return [*loops, tempered, dataclasses.replace(tempered, schedule=Fresh(n_real=5, n_synthetic=6))]


def of_regressions() -> list[Loop]:
    """Loops of regressions that miss one hypothesis each."""
    enough: list[Schedule] = [Replace(n=20), Replace(n=[20, 30]), Replace(n=4), Accumulate(n=20), Accumulate(n=4)]
    enough += [Accumulate(n=[20, 21]), Accumulate(n=20, n_initial=30), AccumulateSubsample(n=20)]
    enough += [Fresh(n_real=9, n_synthetic=9), Fresh(n_real=[9, 8], n_synthetic=9), FixedReal(n_real=9, n_synthetic=6)]
    enough += [Fresh(n_real=1, n_synthetic=4, n_initial=9), Fresh(n_real=2, n_synthetic=2, n_initial=4)]
    plain: dict[str, Any] = {"design": "fresh", "noise": "true"}
    kinds = [plain, plain | {"design": "reused"}, plain | {"noise": "refitted"}]
    methods: list[dict[str, Any]] = [{}, {"method": "ridge", "penalty": 0.5}, {"method": "ridge", "penalty": [0.0, 0.5]}]
    methods += [{"method": "min_norm"}, {"method": "min_norm", "white": False}]
    loops = [regression_loop(schedule, **kind, **method) for kind in kinds for method in methods for schedule in enough]
    wide = [Replace(n=4), Replace(n=[4, 3])]
    return loops + [regression_loop(schedule, d=7, method="min_norm", **kind) for kind in kinds for schedule in wide]


@every_law
def test_a_broken_hypothesis_is_named(law: Law) -> None:
    pool = strangers() + relatives() + of_other_families() + [loop for other in ATLAS.values() for loop, _ in other.cases()]
    pool += [switched for loop, _ in law.cases() for switched in switches(loop)]
    pool += steered(pool) if law.steered else []
    named = set()
    for loop in pool:
        text = first_broken(law, loop)
        assert law.applies(loop) == (text is None)
        if text is not None:
            named.add(text)
            with pytest.raises(LawDoesNotApply, match=re.escape(text)):
                evaluate(law.mean, loop, 1)
    assert named >= {hypothesis.text for hypothesis in law.hypotheses}
