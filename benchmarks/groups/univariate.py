"""One dimension, sufficient statistics, everything thrown away each generation: the loop at its smallest.

n = 100, unbiased, σ_0 = 1. Every generation one normal and one chi-square per replica, and the means over replicas of
(μ_t − μ_0)² and log σ_t² are stored. All ways do exactly this.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks import _closed as closed
from benchmarks import _machine as machine
from benchmarks._ceiling import DRAWS, NORMALS, ceiling
from benchmarks._harness import Claim, Outcome, Result, Way
from benchmarks._lines import Line, Target, compare, rate
from benchmarks._ours import Job, here
from benchmarks._run import Run

N = 100
ON_A_CPU = {"NumPy": Target(6, 10), "jax.random in a scan": Target(50, 100), NORMALS.name: Target(0.7, 0.9)}
ON_AN_ACCELERATOR = {DRAWS.name: Target(0.8)}
ON_CPU = ("NumPy", "numba")
"""Their rate is flat long before an accelerator's is: they get as many replicas as a CPU needs."""
EARLY = 32
"""The generation at which the mean drift is tested: later, few paths carry it."""


def univariate(run: Run) -> Iterator[Line]:
    """Ours against vectorised NumPy, stock JAX, numba and the generator's own ceiling."""
    few, generations, short = run.pick(8192, 65_536), run.pick(64, 256), run.pick(4, 16)
    replicas, some = machine.roomy(few, 2048), machine.roomy(few, 256)
    ways = [
        ours(replicas, generations),
        numpy_way(few, generations),
        stock_way(collapsed, some, short),  # fewer generations: the rate is compared
        *numba_ways(few, generations, run),
        *(ceiling(kind, replicas * generations, run.pick(2, 5), run.seed) for kind in (NORMALS, DRAWS)),
    ]
    wanted = ON_A_CPU if machine.on_a_cpu() else ON_AN_ACCELERATOR
    targets = [wanted.get(way.name) for way in ways[1:]]
    lines, timings = compare("univariate", "d=1", ways, claims(short, generations), show=rate, targets=targets, **run.how)
    size = {**dict.fromkeys(ON_CPU, few), ways[2].name: some}
    for timing in timings:
        run.point(timing.name, size.get(timing.name, replicas), timing)
    yield from lines


def claims(*generations: int) -> list[Claim]:
    """Closed forms at these generations, as far as they can be tested."""
    late = [closed.log_variance(N, 1, t, "unbiased") for t in generations]
    return late + [closed.drift(N, min(t, EARLY)) for t in generations]


def ours(replicas: int, generations: int) -> Way:
    """Through `madtheory.simulate`."""
    return here({"": Job({"kind": "replace", "n": N}, 1, generations, replicas)}, work=replicas * generations)


def loop_operations() -> int:
    """Operations on single numbers that one generation of one replica takes, without what all replicas share."""
    import jax
    import jax.numpy as jnp

    import madtheory as mad
    from madtheory._parts import take_apart
    from madtheory.engine import Steps
    from madtheory.simulate import make_job

    asked = Job({"kind": "replace", "n": N}, 1, 2, 1)
    job = make_job(mad.Loop.from_dict(asked.table()), 2, asked.observables, 0, "statistics", np.float32)
    quick = job.plan.quick()
    job = jax.tree.map(jax.numpy.asarray, dataclasses.replace(job, plan=quick[1] if quick else job.plan))
    steps = Steps(job, job.blank(), 1, pairs=False)
    state, structure = jax.tree.flatten(steps.carry.pack(job.blank()))

    def generation(t: Any, replica: Any, *state: Any) -> list[Any]:
        after = steps.advance(t, replica, True, jax.tree.unflatten(structure, state))
        return [*jax.tree.leaves(after), *steps.measure(t, after)[0]]

    parts = take_apart(False, generation, jnp.int32(2), jnp.uint32(0), *state)
    return len(jax.make_jaxpr(parts.own)(*parts.shared(jnp.int32(2)), jnp.uint32(0), *state).eqns)


def result(replicas: int, drift: Any, log_variance: Any) -> Result:
    """Means per generation as an outcome."""
    mean = {"mean_square_drift": np.asarray(drift, float), "log_variance": np.asarray(log_variance, float)}
    return Result({"": Outcome(replicas, mean)})


# vectorised NumPy


def numpy_way(replicas: int, generations: int) -> Way:
    """All replicas of a generation in one array operation."""
    return Way("NumPy", lambda seed: numpy_loop(seed, replicas, generations), replicas * generations)


def numpy_loop(seed: int, replicas: int, generations: int, variance: float = 1.0) -> Result:
    """The loop; `variance` multiplies every fitted variance, for the test that a wrong loop is found."""
    rng = np.random.default_rng(seed)
    mean, log_variance = np.zeros(replicas), np.zeros(replicas)
    drift, spread = np.empty(generations), np.empty(generations)
    for t in range(generations):
        mean += np.exp(0.5 * log_variance) / math.sqrt(N) * rng.standard_normal(replicas)
        log_variance += np.log(rng.chisquare(N - 1, replicas) * (variance / (N - 1)))
        drift[t], spread[t] = np.mean(mean**2), np.mean(log_variance)
    return result(replicas, drift, spread)


# stock JAX


def stock_way(one: Callable[[Any, Any, Any], tuple[Any, Any]], replicas: int, generations: int) -> Way:
    """`one` generation of one replica, (mean, log-variance, key) → (mean, log-variance), vmapped over keys in a scan."""
    run = _stock_program(one, replicas, generations)

    def call(seed: int) -> Result:
        import jax

        drift, spread = jax.device_get(run(jax.random.key(seed)))
        return result(replicas, drift, spread)

    return Way("jax.random in a scan", call, replicas * generations)


def _stock_program(one: Callable[..., tuple[Any, Any]], replicas: int, generations: int) -> Callable[..., Any]:
    import jax
    import jax.numpy as jnp

    def generation(state: Any, key: Any) -> Any:
        state = jax.vmap(one)(*state, jax.random.split(key, replicas))
        return state, (jnp.mean(state[0] ** 2), jnp.mean(state[1]))

    def run(key: Any) -> Any:
        return jax.lax.scan(generation, (jnp.zeros(replicas), jnp.zeros(replicas)), jax.random.split(key, generations))[1]

    return jax.jit(run)


def collapsed(mean: Any, log_variance: Any, key: Any) -> tuple[Any, Any]:
    """A generation by `jax.random.normal` and `jax.random.chisquare`."""
    import jax
    import jax.numpy as jnp

    normal, chi = jax.random.split(key)
    mean = mean + jnp.exp(0.5 * log_variance) / math.sqrt(N) * jax.random.normal(normal)
    return mean, log_variance + jnp.log(jax.random.chisquare(chi, N - 1.0) / (N - 1))


# numba


def numba_ways(replicas: int, generations: int, run: Run) -> list[Way]:
    """The scalar loop compiled by numba, one thread and one generator per core; none where numba cannot be imported."""
    try:
        import numba
    except ImportError as error:
        run.notes.append(f"univariate: numba left out ({error})")
        return []
    block = numba.njit(nogil=True)(_block)
    return [Way("numba", lambda seed: _threads(block, seed, replicas, generations), replicas * generations)]


def _threads(block: Callable[..., None], seed: int, replicas: int, generations: int) -> Result:
    workers = machine.cores()
    shares = [replicas // workers + (k < replicas % workers) for k in range(workers)]
    sums = np.zeros((workers, 2, generations))
    with ThreadPoolExecutor(workers) as pool:
        tasks = zip(np.random.default_rng(seed).spawn(workers), shares, sums, strict=True)
        list(pool.map(lambda task: block(task[0], task[1], float(N), *task[2]), tasks))
    return result(replicas, *(sums.sum(axis=0) / replicas))


def _block(rng: Any, replicas: int, n: float, drift: Any, spread: Any) -> None:
    for _ in range(replicas):
        mean, log_variance = 0.0, 0.0
        for t in range(len(drift)):
            mean += np.exp(0.5 * log_variance) / np.sqrt(n) * rng.standard_normal()
            log_variance += np.log(rng.chisquare(n - 1) / (n - 1))
            drift[t] += mean * mean
            spread[t] += log_variance
