"""Philox-4×32-10 against the known answers of its authors (Random123, `kat_vectors`)."""

from __future__ import annotations

import numpy as np
import pytest

from madtheory.random import _philox, philox4x32

ONES = 0xFFFFFFFF
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
known = pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
EDGES = [0, 1, 2, 0xFFFF, 0x10000, 0x10001, 0x7FFFFFFF, 0x80000000, 0xFFFF0000, ONES - 1, ONES, *_philox.MULTIPLIERS]


def words(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(w) for w in philox4x32(tuple(np.uint32(c) for c in counter), tuple(np.uint32(k) for k in key)))


@known
def test_the_known_answers(counter: tuple[int, ...], key: tuple[int, ...], answer: tuple[int, ...]) -> None:
    assert words(counter, key) == answer


@known
def test_nine_rounds_give_another_answer(counter, key, answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_philox, "ROUNDS", 9)
    assert words(counter, key) != answer


def test_arrays_are_their_entries() -> None:
    counters, keys = np.array([k[0] for k in KNOWN], np.uint32).T, np.array([k[1] for k in KNOWN], np.uint32).T
    assert np.array(philox4x32(tuple(counters), tuple(keys))).T.tolist() == [list(k[2]) for k in KNOWN]


def test_products_of_words_are_those_of_whole_numbers() -> None:
    given = np.concatenate([EDGES, np.random.default_rng(0).integers(0, 2**32, 200)]).astype(np.uint32)
    a, b = np.meshgrid(given, given)
    high, low = (np.asarray(word) for word in _philox.multiply(a, b))
    product = a.astype(np.uint64) * b.astype(np.uint64)
    assert np.array_equal(high, product >> np.uint64(32))
    assert np.array_equal(low, product & np.uint64(ONES))
