"""Counts and texts of the user: read as they are, and refused in one line that names the field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from madtheory.errors import BadInput
from madtheory.loop import Loop
from madtheory.models import Categorical, CategoricalTruth, Markov, TextTruth
from madtheory.schedules import Replace
from madtheory.simulate import simulate

TEXT = "the cat sat on the mat and the dog sat on the cat\n"


def put(folder: Path, name: str, text: str | bytes) -> Path:
    """A small file."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def table(kind: str, truth: dict[str, Any]) -> dict[str, Any]:
    """A loop as nested tables."""
    return {"estimator": "mle", "model": {"kind": kind}, "truth": truth, "schedule": {"kind": "replace", "n": 5}}


def test_counts_come_from_a_column(tmp_path: Path) -> None:
    for text in ("word,count\na,3\nb,0\nc,7\n", "a,3\nb,0\nc,7\n", "count;word".replace(";", ",") + "\n3,a\n0,b\n7,c\n"):
        law = CategoricalTruth.from_data(put(tmp_path, "counts.csv", text))
        assert law.probabilities.tolist() == [0.7, 0.3, 0.0]


def test_words_and_characters_are_counted(tmp_path: Path) -> None:
    path = put(tmp_path, "words.txt", TEXT)
    words = CategoricalTruth.from_data(path)
    assert words.probabilities[0] == pytest.approx(4 / 13)
    assert len(words.probabilities) == 7
    letters = CategoricalTruth.from_data(path, "characters")
    assert letters.probabilities[0] == pytest.approx(TEXT.count(" ") / len(TEXT))


def test_a_text_is_a_chain(tmp_path: Path) -> None:
    chain = TextTruth.from_data(put(tmp_path, "words.txt", "a b a b a c "), "words")
    assert chain.pairs.shape == (3, 3)
    assert chain.pairs.sum() == pytest.approx(1)
    assert np.array_equal(np.round(chain.pairs * 6).astype(int), [[0, 2, 1], [2, 0, 0], [1, 0, 0]])
    assert TextTruth.from_data(tmp_path / "words.txt", "words", order=2).pairs.shape == (9, 3)


def test_a_loop_of_a_text_can_be_written_down(tmp_path: Path) -> None:
    put(tmp_path, "words.txt", TEXT)
    (tmp_path / "loop.toml").write_text(
        'estimator = "mle"\n[model]\nkind = "markov"\n[truth]\ndata = "words.txt"\ntokens = "words"\n'
        '[schedule]\nkind = "replace"\nn = 20\n', encoding="utf-8")  # fmt: skip
    loop = Loop.from_toml(tmp_path / "loop.toml")
    again = Loop.from_dict(loop.to_dict())
    assert np.array_equal(again.truth.pairs, loop.truth.pairs)
    assert simulate(loop, generations=2, replicas=8).failed == ()


BAD = [
    ("categorical", {"probabilities": [0.5, 0.6]}, "probabilities.*sum to 1"),
    ("categorical", {"probabilities": [-0.5, 1.5]}, "probabilities.*at least 0"),
    ("categorical", {"symbols": 0}, "symbols"),
    ("categorical", {"symbols": 5, "exponent": -1.0}, "exponent"),
    ("categorical", {}, "probabilities"),
    ("categorical", {"data": "nothing.txt"}, "data"),
    ("categorical", {"data": "counts.json"}, "data"),
    ("categorical", {"data": "negative.csv"}, "row 3"),
    ("categorical", {"data": "fraction.csv"}, "row 1"),
    ("categorical", {"data": "empty.txt"}, "empty text"),
    ("categorical", {"data": "latin.txt"}, "UTF-8"),
    ("categorical", {"data": "words.txt", "tokens": "letters"}, "tokens"),
    ("markov", {"pairs": [[0.5, 0.5]]}, "pairs.*2 rows"),
    ("markov", {"data": "words.txt", "tokens": "words", "order": 9}, "memory"),
    ("poisson", {"mean": -1.0}, "truth.mean"),
    ("bernoulli", {"mean": 1.0}, "truth.mean"),
    ("uniform", {"location": 1.0}, "location"),
    ("laplace", {"scale": 0.0}, "scale"),
    ("mixture", {"weights": [0.5, 0.6], "means": [0.0, 1.0], "variances": [1.0, 1.0]}, "weights"),
]


@pytest.mark.parametrize(("kind", "truth", "words"), BAD)
def test_a_wrong_real_law_is_refused(kind: str, truth: dict[str, Any], words: str, tmp_path: Path) -> None:
    files = {"negative.csv": "word,count\na,3\nb,-1\n", "fraction.csv": "a,3.5\n", "empty.txt": "", "words.txt": TEXT}
    for name, text in files.items():
        put(tmp_path, name, text)
    put(tmp_path, "latin.txt", b"caf\xe9")
    given = truth | ({"data": str(tmp_path / truth["data"])} if "data" in truth else {})
    with pytest.raises(BadInput, match=f"(?s).*{words}") as caught:
        Loop.from_dict(table(kind, given))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"kind": "kde", "bandwidth": 0.0}, "bandwidth"),
        ({"kind": "kde"}, "bandwidth"),
        ({"kind": "kde", "bandwidth": "scot"}, "scott"),
        ({"kind": "categorical", "top_p": 1.5}, "top_p"),
        ({"kind": "categorical", "update": "posterior"}, "update"),
        ({"kind": "poisson", "prior_size": 2.0}, "prior_mean"),
        ({"kind": "student", "degrees": 2.0}, "degrees"),
        ({"kind": "gamma"}, "shape"),
    ],
)
def test_a_wrong_model_is_refused(model: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        Loop.from_dict(table("poisson", {"mean": 1.0}) | {"model": model})


def test_what_a_family_has_not_is_refused() -> None:
    few = CategoricalTruth(probabilities=[0.5, 0.5])
    switches = {"bias_first_generation": False}
    with pytest.raises(BadInput, match="estimator"):
        Loop(model=Categorical(), truth=few, schedule=Replace(n=5), estimator="unbiased", **switches)
    chain = Markov.cases()[0][1]
    with pytest.raises(BadInput, match="sampling_bias"):
        Loop(model=Markov(), truth=chain, schedule=Replace(n=5), estimator="mle", sampling_bias=0.9, **switches)
    lonely = table("laplace", {"scale": 1.0}) | {"schedule": {"kind": "replace", "n": 1}}
    with pytest.raises(BadInput, match="at least 2 points"):
        Loop.from_dict(lonely)
