"""The law of every sampler in many draws, the error of its quantile, and its speed.

`PYTHONPATH=. python -m benchmarks.samplers --draws 1e8` draws them block by block, so memory does not grow, and writes
samplers.json and samplers.md in results/. `--only` names samplers; what is not drawn anew is kept.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special, stats

from madtheory.random import SYNTHETIC, ChiSquareTable, Stream, beta, binomial, log_gamma, normal, poisson, seed_words
from madtheory.random.chi_square import log_quantile
from madtheory.random.gamma import _log_ratio

RESULTS = Path(__file__).resolve().parent / "results"
BLOCK = 2**20
CHUNK = 2**14  # stays in the cache
BINS = 1000
TAILS = (1e-3, 1e-5, 1e-7)
LEVEL = 1e-6  # of all checks of one sampler together


class Continuous(NamedTuple):
    """A sampler of real numbers, held against a law.

    Attributes:
        draw: four uint32 words (m,) → (m,).
        law: the law of the draws.
        wrong: a nearby law that must be rejected.
        moment: what of a draw the moments are taken of, standardised by `standard`.
    """

    draw: Callable[[Any], Any]
    law: Any
    wrong: Any
    moment: Callable[[np.ndarray], np.ndarray]
    moments: np.ndarray


class Counts(NamedTuple):
    """A sampler of counts, held against a law."""

    draw: Callable[[Any], Any]
    law: Any
    wrong: Any


@functools.cache
def table(nu: int) -> ChiSquareTable:
    """The engine's table of one ν."""
    return ChiSquareTable.build(np.array([nu]), np.float32)


def log_chi_square(nu: int) -> Continuous:
    """log χ²_ν/ν from the table, in its short form where that suffices."""
    form = table(nu).quick() if table(nu).short else table(nu)
    return in_logs(lambda w: jnp.exp(form.log_ratio(normal(w[0], jnp.float32), jnp.float32(nu))), nu / 2, nu / 2)


def in_logs(draw: Callable[[Any], Any], shape: float, rate: float) -> Continuous:
    """A gamma sampler, whose moments are those of the logarithm."""
    cumulants = [special.polygamma(k, shape) for k in (1, 2, 3)]
    moments = np.array([0, cumulants[0], cumulants[1], cumulants[2] + 3 * cumulants[0] ** 2])
    moments = moments / cumulants[0] ** np.array([0.5, 1, 1.5, 2])
    centre = special.digamma(shape) - np.log(rate)
    return Continuous(draw, stats.gamma(shape, scale=1 / rate), stats.gamma(1.002 * shape, scale=1 / rate),
                      lambda x: (np.log(x) - centre) / np.sqrt(cumulants[0]), moments)  # fmt: skip


def gamma_of(shape: float) -> Continuous:
    """`log_gamma` of one shape."""
    return in_logs(lambda w: jnp.exp(log_gamma(w[:2], jnp.float32(shape), jnp.float32)), shape, 1.0)


def beta_of(a: float, b: float) -> Continuous:
    """`beta` of one pair of shapes."""
    law = stats.beta(a, b)
    mean, spread = law.mean(), law.std()
    moments = np.array([0, 1, law.stats("s"), law.stats("k") + 3], float)
    draw = lambda w: beta(w, jnp.float32(a), jnp.float32(b), jnp.float32)  # noqa: E731
    return Continuous(draw, law, stats.beta(1.002 * a, b), lambda x: (x - mean) / spread, moments)


def poisson_of(rate: float) -> Counts:
    """`poisson` of one rate."""
    return Counts(lambda w: poisson(w[:2], jnp.float32(rate)), stats.poisson(rate), stats.poisson(1.002 * rate))


def binomial_of(n: int, p: float) -> Counts:
    """`binomial` of one law; p is a float32."""
    exact = float(np.float32(p))
    return Counts(lambda w: binomial(w[:2], jnp.int32(n), jnp.float32(p)), stats.binom(n, exact), stats.binom(n, 1.002 * exact))


NORMAL = Continuous(lambda w: normal(w[0], jnp.float32), stats.norm, stats.norm(0, 1.002), lambda x: x, np.array([0, 1, 0, 3.0]))
SAMPLERS: dict[str, Callable[[], Continuous | Counts]] = {
    "normal": lambda: NORMAL,
    **{f"log χ² table, ν = {nu}": functools.partial(log_chi_square, nu) for nu in (1, 2, 9, 99)},
    **{f"gamma({shape:g})": functools.partial(gamma_of, shape) for shape in (0.5, 1.7, 20)},
    "beta(0.5, 3)": lambda: beta_of(0.5, 3),
    **{f"poisson({rate:g})": functools.partial(poisson_of, rate) for rate in (3, 100)},
    **{f"binomial({n}, {p})": functools.partial(binomial_of, n, p) for n, p in ((10, 0.3), (1000, 0.4))},
}
"""Name → sampler with its law; (multinomial counts are binomials of what is left)."""


def blocks(draw: Callable[[Any], Any], seed: int, draws: int, spent: list[float]) -> Any:
    """Blocks (BLOCK,) of draws; the time that each took is appended to `spent`."""

    starts = jnp.arange(0, BLOCK, CHUNK, dtype=jnp.uint32)

    @jax.jit
    def block(key: Any, replica: Any) -> Any:
        words = Stream(key, replica, jnp.uint32(1)).words(SYNTHETIC)
        return jax.lax.map(lambda first: draw(words.four(first + jnp.arange(CHUNK, dtype=jnp.uint32))), starts).ravel()

    key = tuple(jnp.asarray(word) for word in seed_words(seed))
    block(key, jnp.uint32(2**32 - 1)).block_until_ready()
    for replica in range(-(-draws // BLOCK)):
        start = time.perf_counter()
        x = block(key, jnp.uint32(replica)).block_until_ready()
        spent.append(time.perf_counter() - start)
        yield np.asarray(x)


def continuous(sampler: Continuous, seed: int, draws: int, spent: list[float]) -> dict[str, Any]:
    """Histogram over equal parts of the law, counts beyond both tails, and moments, and the same against the wrong law."""
    edges = {name: law.ppf(np.arange(1, BINS) / BINS) for name, law in (("law", sampler.law), ("wrong", sampler.wrong))}
    ends = [(sampler.law.ppf(p), sampler.law.isf(p)) for p in TAILS]
    seen = {name: np.zeros(BINS, np.int64) for name in edges}
    beyond, sums, size = np.zeros((len(TAILS), 2), np.int64), np.zeros((2, 4)), 0
    for x in blocks(sampler.draw, seed, draws, spent):
        ordered = np.sort(x)
        for name, at in edges.items():
            seen[name] += np.diff(np.concatenate([[0], np.searchsorted(ordered, at), [len(x)]]))
        beyond += [(np.searchsorted(ordered, low), len(x) - np.searchsorted(ordered, high)) for low, high in ends]
        powers = sampler.moment(x.astype(float))[None] ** np.arange(1, 5)[:, None]
        sums += [powers.sum(axis=1), (powers**2).sum(axis=1)]
        size += len(x)
    each = size / BINS
    p = {name: float(stats.chi2.sf(np.sum((count - each) ** 2) / each, BINS - 1)) for name, count in seen.items()}
    mean, square = sums / size
    z = (mean - sampler.moments) / np.sqrt((square - mean**2) / size)
    return {"draws": size, "histogram p": p["law"], "wrong law p": p["wrong"], "tails": tails(beyond, size),
            "moments z": z.tolist()}  # fmt: skip


def tails(beyond: np.ndarray, size: int) -> list[dict[str, Any]]:
    """Counts beyond each probability with two-sided p-values of their Poisson law."""
    rows = []
    for p, counts in zip(TAILS, beyond, strict=True):
        values = [two_sided(int(c), p * size) for c in counts]
        rows.append({"beyond": p, "expected": p * size, "below": int(counts[0]), "above": int(counts[1]), "p": values})
    return rows


def two_sided(count: int, expected: float) -> float:
    """p-value of a Poisson count."""
    return float(min(1, 2 * min(stats.poisson.cdf(count, expected), stats.poisson.sf(count - 1, expected))))


def counted(sampler: Counts, seed: int, draws: int, spent: list[float]) -> dict[str, Any]:
    """Chi-square over all counts with at least 20 expected, counts of both tails, and moments."""
    top = int(sampler.law.mean() + 14 * sampler.law.std()) + 30
    seen = np.zeros(top + 1, np.int64)
    for x in blocks(sampler.draw, seed, draws, spent):
        seen += np.bincount(np.clip(x, 0, top), minlength=top + 1)
    size, values = int(seen.sum()), np.arange(top + 1)
    mean, spread = sampler.law.mean(), sampler.law.std()
    standard = ((values - mean) / spread)[None] ** np.arange(1, 9)[:, None]
    exact = standard @ sampler.law.pmf(values)
    z = (standard[:4] @ seen / size - exact[:4]) / np.sqrt((exact[1::2] - exact[:4] ** 2) / size)
    p = {name: cells_p(seen, law) for name, law in (("law", sampler.law), ("wrong", sampler.wrong))}
    return {"draws": size, "histogram p": p["law"], "wrong law p": p["wrong"], "tails": count_tails(seen, sampler.law),
            "moments z": z.tolist()}  # fmt: skip


def cells_p(seen: np.ndarray, law: Any) -> float:
    """p-value of the chi-square test, the ends pooled to cells of at least 20."""
    size, values = seen.sum(), np.arange(len(seen))
    inner = values[law.pmf(values) * size >= 20]
    first, last = inner[0], inner[-1]
    counts = np.concatenate([[seen[: first + 1].sum()], seen[first + 1 : last], [seen[last:].sum()]])
    each = np.concatenate([[law.cdf(first)], law.pmf(values[first + 1 : last]), [law.sf(last - 1)]]) * size
    return float(stats.chi2.sf(np.sum((counts - each) ** 2 / each), len(counts) - 1))


def count_tails(seen: np.ndarray, law: Any) -> list[dict[str, Any]]:
    """Counts at or beyond the first value of each tail that is no likelier than asked."""
    size, rows = int(seen.sum()), []
    for p in TAILS:
        low, high = int(law.ppf(p)) - 1, int(law.isf(p)) + 1
        counts = [int(seen[: low + 1].sum()) if low >= 0 else 0, int(seen[high:].sum())]
        expected = [float(law.cdf(low)) * size if low >= 0 else 0.0, float(law.sf(high - 1)) * size]
        values = [two_sided(c, e) for c, e in zip(counts, expected, strict=True)]
        rows.append({"beyond": p, "expected": expected, "below": counts[0], "above": counts[1], "p": values})
    return rows


def measure(name: str, draws: int, seed: int) -> dict[str, Any]:
    """All checks of one sampler; `passed` at LEVEL for all of them together, and whether the wrong law is rejected."""
    sampler, spent = SAMPLERS[name](), []
    found = (continuous if isinstance(sampler, Continuous) else counted)(sampler, seed, draws, spent)
    p = [found["histogram p"], *(value for row in found["tails"] for value in row["p"])]
    p += [float(2 * stats.norm.sf(abs(z))) for z in found["moments z"]]
    verdict = {"smallest p": min(p), "checks": len(p), "passed": min(p) * len(p) > LEVEL}
    verdict["wrong rejected"] = found["wrong law p"] < LEVEL
    return {"seed": seed, **found, **verdict, "draws per second": round(found["draws"] / sum(spent))}


def quantiles() -> dict[str, dict[str, float]]:
    """Largest error of the quantile over probabilities from 10⁻⁹ to 1 − 10⁻⁹, of the logarithm where it is positive."""
    z = np.linspace(special.ndtri(1e-9), -special.ndtri(1e-9), 4001)
    words = np.unique(np.concatenate([2 ** np.arange(2.0, 32, 0.001), np.linspace(2, 2**32 - 1, 10**5)]).astype(np.uint32))
    out: dict[str, dict[str, float]] = {}
    for name, dtype in (("float32", np.float32), ("float64", np.float64)):
        with jax.enable_x64(True):
            tail = ((words >> 1) + 0.5) / 2**32
            right = np.where(words & 1, 1, -1) * special.ndtri(tail)
            found = np.asarray(jax.jit(lambda w, t=dtype: normal(w, t))(words), float)
            out.setdefault("normal", {})[name] = float(np.max(abs(found / right - 1)[abs(0.5 - tail) > 1e-5]))
            for nu in (1, 2, 3, 5, 9, 99, 10**4, 10**9):
                form = ChiSquareTable.build(np.array([nu]), dtype)
                read = jax.jit(lambda table, score, nu: table.log_ratio(score, nu))
                x = np.asarray(read(form, z.astype(dtype), np.full(len(z), nu, dtype)), float)
                right = log_quantile(z.astype(dtype).astype(float), np.array(float(nu)))
                out.setdefault(f"log χ² table, ν = {nu}", {})[name] = float(np.max(abs(x - right)))
            for shape in (1, 1.5, 3, 10, 1e3, 1e9):
                x = np.asarray(jax.jit(_log_ratio)(z.astype(dtype), np.full(len(z), shape, dtype)), float)
                right = log_quantile(z.astype(dtype).astype(float), np.array(2.0 * shape))
                out.setdefault(f"log gamma({shape:g})", {})[name] = float(np.max(abs(x - right)))
    return out


def write(results: dict[str, Any], out: Path) -> None:
    """The JSON file and the tables."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "samplers.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "samplers.md").write_text(report(results), encoding="utf-8")


def report(results: dict[str, Any]) -> str:
    """The results in Markdown."""
    lines = ["# Samplers", "", "Written by `python -m benchmarks.samplers`; seeds are in samplers.json.", ""]
    lines += [f"Speed: float32, with the random words, {results['cores']} cores that others used too."]
    lines += ["", "## Laws", ""]
    lines += ["The smallest of all p-values (histogram, both tails at three depths, four moments), and that of a histogram"]
    lines += ["against a law beside the true one, whose shape, rate, p or (normal) width is larger by 0.2 %.", ""]
    lines += ["| sampler | draws | smallest p | histogram p | largest moment z | wrong law p | below, above 10⁻⁷ (expected) "
              "| 10⁶ draws/s |"]  # fmt: skip
    lines += ["| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for name, e in results.get("laws", {}).items():
        last, worst = e["tails"][-1], max(map(abs, e["moments z"]))
        expected = np.atleast_1d(last["expected"])
        ends = f"{last['below']}, {last['above']} ({', '.join(f'{x:.3g}' for x in expected)})"
        row = [name, f"{e['draws']:.3g}", f"{e['smallest p']:.2g} of {e['checks']}", f"{e['histogram p']:.2g}", f"{worst:.2f}"]
        row += [f"{e['wrong law p']:.1g}", ends, f"{e['draws per second'] / 1e6:.2g}"]
        lines.append(f"| {' | '.join(row)} |")
    lines += ["", "## Quantiles", ""]
    lines += ["Largest error for probabilities from 10⁻⁹ to 1 − 10⁻⁹: relative; of positive variates that",
              "is the error of the logarithm."]  # fmt: skip
    lines += ["", "| sampler | float32 | float64 |", "| --- | --- | --- |"]
    lines += [f"| {name} | {e['float32']:.1e} | {e['float64']:.1e} |" for name, e in results.get("quantiles", {}).items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description="Draw from every sampler and hold the draws against their law.")
    parser.add_argument("--draws", type=float, default=1e8, help="draws of each sampler")
    parser.add_argument("--only", action="append", help="part of a sampler's name; may be repeated")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    target = args.out / "samplers.json"
    results = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    results |= {"cores": os.cpu_count(), "quantiles": quantiles()}
    for name in SAMPLERS:
        if not args.only or any(part in name for part in args.only):
            entry = measure(name, int(args.draws), secrets.randbits(63))
            results.setdefault("laws", {})[name] = entry
            write(results, args.out)
            print(name, {key: entry[key] for key in ("draws", "smallest p", "wrong law p", "draws per second")}, flush=True)


if __name__ == "__main__":
    main()
