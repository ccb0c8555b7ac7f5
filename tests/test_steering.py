"""Samplers and curations: in whole loops: against plain NumPy, with every schedule, and their laws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest
from scipy import stats

from madtheory import curation, samplers, schedules
from madtheory.curation import Acceptance, BestOf, Curation, Preference, Tilt, TopShare
from madtheory.errors import BadInput, LawDoesNotApply
from madtheory.laws import ATLAS, evaluate
from madtheory.laws._selection import kept
from madtheory.laws._steered import steered_loop
from madtheory.laws.spiked_eigenvalue import spiked_loop
from madtheory.loop import Loop
from madtheory.models import Gaussian, LinearRegression, NormalMean, Poisson, RegressionTruth
from madtheory.models._morris import MeanTruth
from madtheory.samplers import Ancestral, Denoiser, FlowMatching, LowRank, ProbabilityFlow, Sampler
from madtheory.schedules import Accumulate, Fresh, Replace
from madtheory.simulate import simulate
from madtheory.truth import Truth
from madtheory.verify import verify
from tests import naive_points
from tests.false_alarms import FALSE_ALARM, worst_z, z_bound
from tests.naive_points import alike
from tests.naive_steering import naive_choice, naive_sampler

T, REPLICAS = 3, 4000
SAMPLERS = [case for kind in samplers.KINDS.values() if not kind.spectral for case in kind.cases()]
CURATIONS = [case for kind in curation.KINDS.values() for case in kind.cases()]
STEERED = [law for law in ATLAS.values() if law.steered and hasattr(law, "cases") and not hasattr(law, "value")]
named = pytest.mark.parametrize


def label(case: Any) -> str:
    return case.kind if hasattr(case, "kind") else ""



# Whole loops


def naive(loop: Any, seed: int) -> dict[str, np.ndarray]:
    """(R,) drift and log-variance of the last generation, point by point; a tilt by its closed form."""
    truth = loop.truth

    def draw(rng: np.random.Generator, model: Any, count: int, size: int, bias: float) -> np.ndarray:
        if model is None:
            real = float(truth.mean[0]), float(truth.covariance[0, 0])
            return (real[0] + np.sqrt(real[1]) * rng.normal(size=(count, size)))[..., None]
        mean, variance = (m[:, None] for m in model)
        case, drawn = loop.curation, size
        if isinstance(case, TopShare):
            drawn = int(np.ceil(size / case.share - 1e-9))
        elif isinstance(case, Preference | Acceptance):
            drawn = case.drawn(size)
        if loop.sampler is not None:
            columns = [naive_sampler(loop.sampler, mean[:, 0], np.sqrt(variance[:, 0]), rng, count) for _ in range(drawn)]
            points, centre = np.stack(columns, axis=1), mean
        else:
            points, centre = mean + np.sqrt(variance) * rng.normal(size=(count, drawn)), mean
        if isinstance(case, Tilt):
            apart = points - mean
            tilted = np.array([kept(case, *both) for both in zip(mean[:, 0], variance[:, 0], strict=True)])
            return (tilted[:, :1] + np.sqrt(tilted[:, 1:] / variance) * apart)[..., None]
        return (points if case is None else naive_choice(case, points, centre, rng)[:, :size])[..., None]

    def fit(points: np.ndarray, share: np.ndarray) -> Any:
        mean = points[..., 0] @ share
        return mean, ((points[..., 0] - mean[:, None]) ** 2 @ share) * len(share) / (len(share) - 1)

    mean, variance = naive_points.run(loop, draw, fit, T, REPLICAS, seed)[-1]
    return {"drift": mean - float(truth.mean[0]), "log_variance": np.log(variance)}


LOOPS = {
    "flow": steered_loop(Replace(n=9), sampler=ProbabilityFlow(7, 9.0, 0.1, solver="heun")),
    "ancestral, fresh": steered_loop(Fresh(n_real=4, n_synthetic=7), sampler=Ancestral(6, 8.0, 0.1)),
    "tilt": steered_loop(Accumulate(n=6), curation=Tilt(centre=[2.0], strength=0.7)),
    "preference": steered_loop(Fresh(n_real=5, n_synthetic=8), curation=Preference(candidates=3, direction=[0.9])),
    "novelty": steered_loop(Replace(n=[8, 9, 7]), curation=BestOf(candidates=2, novelty=1.0)),
    "truncation": steered_loop(Replace(n=[8, 9, 7]), curation=TopShare(share=0.4, direction=[-1.0])),
    "verified": steered_loop(Replace(n=12), curation=Acceptance(least=-1.0, tries=30, centre=[0.0], strength=1.0)),
    "both": steered_loop(Replace(n=9), sampler=FlowMatching(5), curation=Preference(candidates=2, centre=[1.5], strength=0.5)),
}


@named("name", LOOPS)
def test_the_engine_is_the_naive_loop(name: str, seed: int) -> None:
    run = simulate(LOOPS[name], generations=T, replicas=REPLICAS, seed=seed, observables=["drift", "log_variance"], keep=[T])
    theirs = naive(LOOPS[name], seed)
    for key, values in theirs.items():
        ours = run.observables[key].values
        assert ours is not None
        assert alike(ours[-1].reshape(-1).astype(float), values, checks=2 * len(LOOPS))


def test_a_candidate_more_is_rejected(seed: int) -> None:
    loop = steered_loop(Replace(n=9), curation=BestOf(candidates=2, direction=[1.0]))
    other = steered_loop(Replace(n=9), curation=BestOf(candidates=3, direction=[1.0]))
    run = simulate(loop, generations=T, replicas=REPLICAS, seed=seed, observables=["drift"], keep=[T])
    ours = run.observables["drift"].values
    assert ours is not None
    assert not alike(ours[-1].reshape(-1).astype(float), naive(other, seed)["drift"])


COMBINED = [
    (SAMPLERS[i % len(SAMPLERS)], CURATIONS[i % len(CURATIONS)], schedule)
    for i, schedule in enumerate(case for kind in schedules.KINDS.values() for case in kind.cases()[:1])
]


@named(("sampler", "case", "schedule"), COMBINED, ids=label)
def test_any_three_go_together(sampler: Sampler, case: Curation, schedule: Any) -> None:
    """None of these was written with the others in mind."""
    loop = steered_loop(schedule, sampler=sampler, curation=case)
    again = Loop.from_dict(loop.to_dict())
    runs = [simulate(each, generations=2, replicas=64, seed=3, observables=["variance", "drift"]) for each in (loop, again)]
    assert np.isfinite(runs[0].observables["variance"].mean).all()
    assert not runs[0].failed
    assert [runs[0].observables[name].mean.tobytes() for name in ("variance", "drift")] == [
        runs[1].observables[name].mean.tobytes() for name in ("variance", "drift")
    ]


def in_two_dimensions(mean: Any, covariance: Any, **between: Any) -> Loop:
    truth = Truth(mean=mean, covariance=covariance)
    return Loop(model=Gaussian(dim=2), truth=truth, schedule=Replace(n=200), bias_first_generation=False, estimator="unbiased",
                **between)  # fmt: skip


@named(
    "between",
    [{"sampler": ProbabilityFlow(6, 9.0, 0.2)}, {"sampler": LowRank(1)}, {"curation": Tilt(centre=[0.5, 1.0], strength=0.4)}],
)
def test_directions_do_not_depend_on_the_axes(between: dict[str, Any], seed: int) -> None:
    """A turned loop is the loop turned: the sampler acts along eigenvectors, and the reward is turned with it."""
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    mean, covariance = np.array([1.0, -0.5]), np.diag([3.0, 0.5])
    case = between.get("curation")
    turned = between if case is None else {"curation": Tilt(centre=turn @ case.centre, strength=case.strength)}
    loops = in_two_dimensions(mean, covariance, **between), in_two_dimensions(turn @ mean, turn @ covariance @ turn.T, **turned)
    runs = [simulate(loop, generations=3, replicas=REPLICAS, seed=seed + i, observables=["drift", "log_variance"], keep=[3])
            for i, loop in enumerate(loops)]  # fmt: skip
    drifts, logs = ([run.observables[name].values[-1].astype(float) for run in runs] for name in ("drift", "log_variance"))  # type: ignore[index]
    assert alike(logs[0], logs[1], checks=6)
    for coordinate in range(2):
        assert alike((drifts[0] @ turn.T)[:, coordinate], drifts[1][:, coordinate], checks=6)


@named("loop", [LOOPS["both"], LOOPS["ancestral, fresh"], in_two_dimensions([0.0, 1.0], np.eye(2), sampler=FlowMatching(4))])
def test_the_same_bits_on_any_number_of_devices(loop: Loop) -> None:
    def bits(devices: Any) -> bytes:
        run = simulate(loop, generations=3, replicas=256, seed=7, observables=["drift", "variance"], devices=devices, tile=64)
        return run.observables["drift"].mean.tobytes() + run.observables["variance"].mean.tobytes()

    assert len({bits(devices) for devices in (1, 2, 4)}) == 1
    assert len(jax.devices()) >= 4


def test_other_families_are_curated_too(seed: int) -> None:
    """Expected at a fit that is the truth: 400 points make a difference of less than a standard error."""
    best = BestOf(candidates=2, direction=[1.0])
    of_poisson = float(np.sum(1 - stats.poisson.cdf(np.arange(200), 4.0) ** 2))
    truths: list[tuple[Any, Any, float]] = [
        (Poisson(), MeanTruth(mean=4.0), of_poisson),
        (NormalMean(known_variance=2.0), MeanTruth(mean=1.0), 1 + np.sqrt(2 / np.pi)),
    ]
    for model, truth, expected in truths:
        loop = Loop(model=model, truth=truth, schedule=Replace(n=400), bias_first_generation=False, curation=best,
                    estimator=model.estimators[0])  # fmt: skip
        run = simulate(loop, generations=2, replicas=REPLICAS, seed=seed, observables=["mean"], keep=[2])
        values = run.observables["mean"].values
        assert values is not None
        assert worst_z(values[-1].reshape(-1, 1).astype(float), np.array([expected])) < z_bound(2)


# Laws


@named("law", STEERED, ids=[law.name for law in STEERED])
def test_the_law_holds_and_its_wrong_neighbour_is_rejected(law: Any) -> None:
    loop, generations = law.cases()[0]
    check(law, loop, generations)


@pytest.mark.slow
@named(("law", "number"), [(law, i) for law in STEERED for i in range(1, len(law.cases()))])
def test_so_do_its_other_cases(law: Any, number: int) -> None:
    check(law, *law.cases()[number])


def check(law: Any, loop: Loop, generations: int) -> None:
    options = {"generations": generations, "observables": [law.observable], "replicas": 20_000, "level": FALSE_ALARM}
    own = verify(loop, seed=5, **options)
    assert [verdict for verdict in own if verdict.status == "failed"] == []
    assert any(verdict.status == "passed" and verdict.law == law.name for verdict in own)
    wrong = verify(loop, seed=6, against=law.wrong(loop), **options)
    assert any(verdict.status == "failed" for verdict in wrong)


def test_log_variances_are_those_of_a_walk_where_the_map_is_a_factor() -> None:
    """A narrow bias without a sampler's curvature has the replace loop's own law."""
    loop = steered_loop(Replace(n=12), sampling_bias=0.9, curation=Tilt(direction=[0.3]))
    plain = steered_loop(Replace(n=12), sampling_bias=0.9)
    for method in ("mean", "variance"):
        walk, chain = (evaluate(getattr(ATLAS[name], method), each, 9) for name, each in
                       (("replace-log-variance", plain), ("steered-log-variance", loop)))  # fmt: skip
        assert chain == pytest.approx(walk, abs=2e-8)


def test_runaway_is_where_the_map_loses_its_fixed_point() -> None:
    loop = steered_loop(Fresh(n_real=20, n_synthetic=30), curation=Tilt(direction=[0.2]))
    critical = float(evaluate(ATLAS["curation-runaway"].value, loop))  # type: ignore[arg-type]
    for strength, settles in ((0.98 * critical, True), (1.2 * critical, False)):
        near = steered_loop(loop.schedule, curation=Tilt(direction=[strength]))
        path = evaluate(ATLAS["steered-variance"].mean, near, 300)
        assert path is not None
        if settles:
            assert path[-1] == pytest.approx(float(evaluate(ATLAS["curation-fixed-point"].value, near)), rel=1e-3)  # type: ignore[arg-type]
        else:
            assert path[-1] == np.inf
            with pytest.raises(LawDoesNotApply, match="runaway"):
                evaluate(ATLAS["curation-fixed-point"].value, near)


def test_laws_of_plain_loops_are_refused() -> None:
    with pytest.raises(LawDoesNotApply, match="without a sampler or a curation"):
        evaluate(ATLAS["replace-variance"].mean, LOOPS["flow"], 2)
    assert all(law.steered for law in ATLAS.values() if law.applies(LOOPS["both"]))


# Bad input


@named(
    ("make", "complaint"),
    [
        (lambda: Tilt(), "direction: expected one reward"),
        (lambda: Tilt(direction=[1.0], novelty=0.1), "direction: expected one reward.*got direction and novelty"),
        (lambda: Tilt(centre=[1.0]), "strength: expected to stand beside `centre`"),
        (lambda: Preference(candidates=1, direction=[1.0]), "candidates: expected a whole number of at least 2; got 1"),
        (lambda: TopShare(share=1.5, direction=[1.0]), "share: expected a number above 0 and at most 1; got 1.5"),
        (lambda: ProbabilityFlow(4, 1.0, 2.0), "sigma_min: expected a number below sigma_max, 1; got 2.0"),
        (lambda: ProbabilityFlow(4, 1.0, 0.2, grid="edn"), "grid: expected one of .*did you mean 'edm'"),
        (lambda: FlowMatching(0), "steps: expected a whole number of at least 1; got 0"),
        (lambda: steered_loop(Replace(n=4), curation=Tilt(direction=[1.0, 2.0])), "curation.direction: expected 1 entries"),
        (lambda: poisson(curation=Tilt(direction=[0.1])), "curation: expected nothing of this kind with a poisson model"),
        (lambda: poisson(sampler=FlowMatching(3)), "sampler: expected nothing: a poisson model is drawn from exactly"),
        (lambda: regression(BestOf(candidates=2, direction=[1.0, 0.0, 1.0])), "curation.direction: expected a reward by line"),
        (lambda: regression(Acceptance(least=-1.0, line=[1.0])), "curation.line: expected 2 entries, one per input"),
        (lambda: Acceptance(line=[1.0]), "least: expected a finite number; got nothing"),
        (lambda: Acceptance(least=0.1, line=[1.0]), "least: expected a number of at most 0, which.*; got 0.1"),
        (lambda: in_two_dimensions([0.0, 0.0], np.eye(2), sampler=LowRank(2)), "sampler.rank: expected a whole number below 2"),
        (lambda: Denoiser(0.3, penalty=-1.0), "penalty: expected a finite number of at least 0; got -1"),
    ],
)
def test_bad_input_is_named(make: Callable[[], Any], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        make()


def poisson(**between: Any) -> Loop:
    return Loop(model=Poisson(), truth=MeanTruth(mean=4.0), schedule=Replace(n=5), bias_first_generation=False, estimator="mle",
                **between)  # fmt: skip


def regression(case: Curation) -> Loop:
    truth = RegressionTruth(coefficients=[1.0, 0.0], noise_variance=1.0)
    model = LinearRegression(features=2, design="fresh", noise="true")
    return Loop(model=model, truth=truth, schedule=Replace(n=9), bias_first_generation=False, estimator="unbiased",
                curation=case)  # fmt: skip


def test_a_reward_that_outgrows_the_model_fails_its_replicas() -> None:
    run = simulate(steered_loop(Replace(n=30), curation=Tilt(novelty=0.55)), generations=6, replicas=200, seed=1)
    assert 0 < len(run.failed) <= 200


def test_a_verifier_that_accepts_nothing_ends_in_failed_replicas() -> None:
    nothing = Acceptance(least=-1e-9, centre=[50.0], strength=1.0)
    run = simulate(steered_loop(Replace(n=30), curation=nothing), generations=3, replicas=100, seed=1)
    assert len(run.failed) == 100



def test_a_verified_regression_is_the_naive_loop(seed: int) -> None:
    """Labels are drawn until enough of them are within reach of the verifier, which is wrong here."""
    line, width, n, d = np.array([1.0, 0.5]), 0.7, 9, 2
    loop = regression(Acceptance(least=-width, tries=40, line=line))
    run = simulate(loop, generations=T, replicas=REPLICAS, seed=seed, observables=["risk"], keep=[T])
    assert not run.failed
    rng, w = np.random.default_rng(seed), np.tile(loop.truth.coefficients, (REPLICAS, 1))
    for t in range(T):
        x = rng.normal(size=(REPLICAS, 40 * n, d))
        y = np.einsum("rnd,rd->rn", x, w) + rng.normal(size=x.shape[:2])
        refused = abs(y - x @ line) > width if t else np.zeros(y.shape, bool)
        first = np.argsort(refused, axis=1, kind="stable")[:, :n]
        x, y = np.take_along_axis(x, first[..., None], axis=1), np.take_along_axis(y, first, axis=1)
        w = np.einsum("rdn,rn->rd", np.linalg.pinv(x), y)
    ours = run.observables["risk"].values
    assert ours is not None
    assert alike(ours[-1].astype(float), np.sum((w - loop.truth.coefficients) ** 2, axis=1))


def test_few_factors_are_the_naive_loop(seed: int) -> None:
    """Probabilistic PCA of one factor, refitted to its own points."""
    n, d, loop = 12, 3, spiked_loop(Replace(n=12), 3, 4.0)
    run = simulate(loop, generations=T, replicas=REPLICAS, seed=seed, observables=["largest_eigenvalue"], keep=[T])
    rng, covariance = np.random.default_rng(seed), np.tile(loop.truth.covariance, (REPLICAS, 1, 1))
    for _ in range(T):
        x = np.einsum("rij,rnj->rni", np.linalg.cholesky(covariance), rng.normal(size=(REPLICAS, n, d)))
        x -= x.mean(axis=1, keepdims=True)
        values, axes = np.linalg.eigh(np.einsum("rni,rnj->rij", x, x) / (n - 1))
        largest = values[:, -1].copy()
        values[:, :-1] = values[:, :-1].mean(axis=1, keepdims=True)
        covariance = np.einsum("rij,rj,rkj->rik", axes, values, axes)
    ours = run.observables["largest_eigenvalue"].values
    assert ours is not None
    assert alike(ours[-1].astype(float), largest)
