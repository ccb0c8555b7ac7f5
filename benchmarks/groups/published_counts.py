"""Published loops over counts: Bernoulli (D2) and categorical to fixation (E1, E2).

D2: berserank/rate-of-model-collapse. E: Collapse-or-Thrive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from benchmarks._harness import Claim, Outcome, Result, Way
from benchmarks._lines import Line, Target, compare
from benchmarks._run import Run

RATE, POINTS, CATEGORIES, SEEDS = 0.001, 10_000, 10, 100


def published_counts(run: Run) -> Iterator[Line]:
    """D2 and E1–E2."""
    yield from _bernoulli(run)
    yield from _categorical(run)


def _means(values: Any, replicas: int) -> Result:
    return Result({"": Outcome(replicas, {"share": np.asarray(values, float)})})


# Bernoulli: the share of generation t is drawn with that of generation t − 1


def _bernoulli(run: Run) -> Iterator[Line]:
    replicas, generations, part = run.pick(500, 5000), run.pick(10, 50), run.pick(20, 500)
    program = _bernoulli_program(replicas, generations)
    ours = Way("ours", lambda seed: _means(program(*_key(seed)), replicas), 1.0)
    theirs = Way("their loop", lambda seed: _means(_their_bernoulli(seed, part, generations), part), part / replicas)
    variance = RATE * (1 - RATE) * (1 - (1 - 1 / POINTS) ** generations)
    claims = [Claim("share", generations, RATE, variance**0.5)]
    yield from compare("published-counts", f"D2, {replicas}×{generations}", [ours, theirs], claims, **run.how)[0]


def _key(seed: int) -> Any:
    from madtheory.random import seed_words

    return seed_words(seed)


def _bernoulli_program(replicas: int, generations: int) -> Callable[..., Any]:
    import jax
    import jax.numpy as jnp

    from madtheory.random import SYNTHETIC, Stream, binomial

    def one(key: Any, replica: Any, t: Any, p: Any) -> Any:
        return binomial(Stream(key, replica, t).words(SYNTHETIC).four(0)[:2], POINTS, p).astype(jnp.float32) / POINTS

    def run(key0: Any, key1: Any) -> Any:
        ids = jnp.arange(replicas, dtype=jnp.uint32)

        def step(p: Any, t: Any) -> Any:
            p = jax.vmap(one, in_axes=((None, None), 0, None, 0))((key0, key1), ids, t, p)
            return p, jnp.mean(p)

        return jax.lax.scan(step, jnp.full(replicas, RATE), jnp.arange(generations, dtype=jnp.uint32))[1]

    return jax.jit(run)


def _their_bernoulli(seed: int, replicas: int, generations: int) -> np.ndarray:
    """Every point is drawn; a Python loop over trajectories and one over generations."""
    rng, stored = np.random.default_rng(seed), np.empty((replicas, generations))
    for r in range(replicas):
        p = RATE
        for t in range(generations):
            p = stored[r, t] = np.mean(rng.random(POINTS) < p)
    return stored.mean(axis=0)


# E: K categories until one is left


def _categorical(run: Run) -> Iterator[Line]:
    seeds, part = run.pick(5, SEEDS), run.pick(1, 5)  # a seed takes three times as long as another
    for name, n in (("E1", 1000), ("E2", 10_000))[: run.pick(1, 2)]:
        program = _fixation_program(n, seeds)
        ours = Way("ours", lambda seed, p=program: Result({}, extra={"generations": int(p(*_key(seed)))}), 1.0)
        theirs = Way("their loop", lambda seed, n=n: _their_seeds(range(part * seed, part * (seed + 1)), n), part / seeds)
        size = f"{name}, K={CATEGORIES}, n={n}, {seeds} seeds"
        yield from compare("published-counts", size, [ours, theirs], [], targets=[Target(100)], **run.how)[0]


def _fixation_program(n: int, seeds: int) -> Callable[..., Any]:
    """Multinomial counts until one category holds all n in every seed."""
    import jax
    import jax.numpy as jnp

    from madtheory.random import SYNTHETIC, Stream, sparse_multinomial

    def draw(key: Any, t: Any, replica: Any, counts: Any) -> Any:
        words = Stream(key, replica, t).words(SYNTHETIC)
        return sparse_multinomial(words, jnp.int32(n), counts.astype(jnp.float32)).astype(jnp.int32)

    def run(key0: Any, key1: Any) -> Any:
        start = (jnp.uint32(0), jnp.full((seeds, CATEGORIES), n // CATEGORIES, jnp.int32))
        every, ids = jax.vmap(draw, in_axes=((None, None), None, 0, 0)), jnp.arange(seeds, dtype=jnp.uint32)
        step = lambda s: (s[0] + 1, every((key0, key1), s[0], ids, s[1]))  # noqa: E731
        return jax.lax.while_loop(lambda s: jnp.any(jnp.max(s[1], axis=1) < n), step, start)[0]

    return jax.jit(run)


def _their_seeds(seeds: Iterable[int], n: int) -> Result:
    return Result({}, extra={"generations": [_their_fixation(seed, n) for seed in seeds]})


def _their_fixation(seed: int, n: int) -> int:
    """Draw every point, count, and go on until one category is left."""
    rng, p, t = np.random.default_rng(seed), np.full(CATEGORIES, 1 / CATEGORIES), 0
    while True:
        t += 1
        p = np.bincount(rng.choice(CATEGORIES, n, p=p), minlength=CATEGORIES) / n
        if p.max() == 1:
            return t
