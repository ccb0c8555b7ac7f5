"""Sets of weighted points: unions, weights, and what is read off them. No statistics."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from madtheory.models._bag import Bag

ROOM = 12
SOME = np.array([3.0, -1.0, 2.0, 2.0, 7.0])
MORE = np.array([0.5, 4.0, -2.0])


def bag_of(points: np.ndarray, n: int | None = None) -> Bag:
    return Bag.of(jnp.asarray(points)[:, None], len(points) if n is None else n, ROOM)


def content(bag: Bag) -> list[tuple[float, float]]:
    """Points in use with their weights, in order; what is beyond them has no weight."""
    used = int(bag.used)
    assert bag.points.shape == (ROOM, 1)
    assert not np.any(bag.weight[used:])
    assert int(bag.count) == np.sum(np.asarray(bag.weight) > 0)
    return list(zip(np.asarray(bag.points[:used, 0]).tolist(), np.asarray(bag.weight[:used]).tolist(), strict=True))


def test_unions_put_points_behind_points() -> None:
    a, b, c = bag_of(SOME), bag_of(MORE), bag_of(np.array([9.0, 8.0, 5.0]), 1)
    assert content(a + b) == [(x, 1.0) for x in [*SOME, *MORE]]
    assert content((a + b) + c) == content(a + (b + c)) == content(jax.tree.map(lambda *x: jnp.stack(x), a, b, c).total())
    nothing, full = bag_of(SOME, 0), bag_of(np.arange(float(ROOM)))
    assert content(nothing + full) == content(full + nothing) == content(full)
    assert content(a + nothing) == content(nothing + a) == content(a)
    with pytest.raises(TypeError):
        a + 1


def test_weights_are_totals() -> None:
    both = bag_of(SOME).weigh(2.0) + bag_of(MORE).weigh(1.5)
    np.testing.assert_allclose(content(both), [(x, w) for points, w in ((SOME, 0.4), (MORE, 0.5)) for x in points], rtol=1e-6)
    absent = bag_of(SOME).weigh(0.0) + bag_of(MORE)
    assert (int(absent.count), int(absent.used)) == (3, 8)
    assert float(absent.mean()[0]) == pytest.approx(MORE.mean())
    assert float(absent.variance()[0]) == pytest.approx(MORE.var())
    assert float(absent.quantile(0.5)) == np.median(MORE)


@pytest.mark.parametrize("times", [[1] * 8, [1, 2, 1, 1, 3, 2, 1, 1], [0, 1, 0, 2, 0, 1, 4, 0], [5, 0, 0, 0, 0, 0, 0, 0]])
def test_a_weight_counts_like_so_many_points(times: list[int]) -> None:
    both, repeated = bag_of(SOME) + bag_of(MORE), np.repeat([*SOME, *MORE], times)
    weights = jnp.zeros(ROOM).at[:8].set(jnp.asarray(times, float) / 7)
    bag = Bag(both.points, weights, both.used, jnp.sum(weights > 0))
    assert float(bag.mean()[0]) == pytest.approx(repeated.mean(), abs=1e-6)
    assert float(bag.variance()[0]) == pytest.approx(repeated.var(), abs=1e-5)
    for p in (0.25, 0.5, 0.6, 0.75):
        assert float(bag.quantile(p)) == np.quantile(repeated, p, method="averaged_inverted_cdf")


def test_sets_add_in_a_compiled_batch() -> None:
    """As the engine does it: of another size in every replica."""
    sizes = jnp.array([[5, 3], [0, 3], [2, 0], [5, 1]])
    union = jax.jit(jax.vmap(lambda n: bag_of(SOME, n[0]) + bag_of(MORE, n[1])))(sizes)
    for i, (n, m) in enumerate(np.asarray(sizes)):
        assert content(jax.tree.map(lambda leaf, i=i: leaf[i], union)) == [(x, 1.0) for x in [*SOME[:n], *MORE[:m]]]
