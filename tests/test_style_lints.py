"""Rules that keep the tests honest and the samplers audited, read off the syntax trees. Every rule has code it must refuse.

A test is statistical when it takes the `seed` fixture, itself or through a fixture of its file. Its power twin is a
statistical test of the same file whose name says that something false is found (see `TWIN`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

TWIN = re.compile(r"reject|wrong|planted|caught|refused|power")
TOLERANCES = {"rtol", "atol"}
SEEDED = {"default_rng", "key", "PRNGKey", "SeedSequence", "Philox", "PCG64", "Stream"}
BIASED = {f"{where}.random.{name}" for where in ("jax", "numpy") for name in ("binomial", "multinomial", "gamma")}
OWN_STATE = {"numpy.random." + name for name in ("default_rng", "Generator", "SeedSequence", "BitGenerator", "Philox", "PCG64")}
RETRIES = {"pytest.mark.flaky", "pytest.mark.reruns"}
SKIPS = {"pytest.skip", "pytest.xfail", "pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"}
FIRST_IS_REASON = {"pytest.skip", "pytest.xfail", "pytest.mark.skip"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> list[Function]:
    """All functions of a file."""
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def arguments(function: Function) -> set[str]:
    """Names of a function's arguments."""
    return {arg.arg for arg in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]}


def is_fixture(function: Function) -> bool:
    """Whether a function is a pytest fixture."""
    return any("fixture" in ast.unparse(decorator) for decorator in function.decorator_list)


def statistical(tree: ast.AST) -> list[Function]:
    """The tests of a file that take `seed`, directly or through its fixtures."""
    carriers = {"seed"}
    fixtures = [function for function in functions(tree) if is_fixture(function)]
    for _ in fixtures:
        carriers |= {function.name for function in fixtures if arguments(function) & carriers}
    return [function for function in functions(tree) if function.name.startswith("test_") and arguments(function) & carriers]


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """All calls below a node."""
    return (call for call in ast.walk(node) if isinstance(call, ast.Call))


def full_names(tree: ast.AST) -> dict[str, str]:
    """What the imports of a file make of its names: {"jr": "jax.random", "np": "numpy"}."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """The full name of a function: `jr.gamma` is jax.random.gamma; "" for a method of what another call returns."""
    if any(calls(node)):
        return ""
    first, _, rest = ast.unparse(node).partition(".")
    return f"{names.get(first, first)}.{rest}" if rest else names.get(first, first)


# rules for tests


def tolerances(tree: ast.AST) -> Iterator[str]:
    """A statistical test compares in standard errors: no rtol=, no atol=."""
    for test in statistical(tree):
        found = {keyword.arg for call in calls(test) for keyword in call.keywords} & TOLERANCES
        yield from (f"{test.name}: {name}=" for name in sorted(found))


def fixed_seeds(tree: ast.AST) -> Iterator[str]:
    """A statistical test takes its randomness from `seed`, never from a number written in it."""
    for test in statistical(tree):
        for call in calls(test):
            given = [keyword.value for keyword in call.keywords if keyword.arg == "seed"]
            if ast.unparse(call.func).rpartition(".")[2] in SEEDED:
                given += call.args[:1]
            yield from (f"{test.name}: {ast.unparse(call)}" for value in given if isinstance(value, ast.Constant))


def lonely(tree: ast.AST) -> Iterator[str]:
    """A file with statistical tests also plants something false and finds it."""
    tests = [test.name for test in statistical(tree)]
    if tests and not any(TWIN.search(name) for name in tests):
        yield f"{', '.join(tests)}: no test of this file rejects something wrong"


def silent_skips(tree: ast.AST) -> Iterator[str]:
    """A test that is not run says why, and no test is run twice."""
    called = {id(call.func): call for call in calls(tree)}
    for node in ast.walk(tree):
        name = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        if name in RETRIES:
            yield f"{name}: no retries"
        if name in SKIPS and not reason(name, called.get(id(node))):
            yield f"{name}: no reason"


def reason(name: str, call: ast.Call | None) -> str:
    """Why a skip skips, as far as the code says it; "" where it does not."""
    given = [] if call is None else [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    given += call.args[:1] if call is not None and name in FIRST_IS_REASON else []
    return "".join(ast.unparse(value).strip("'\" ") for value in given)


# rules for samplers


def biased_samplers(tree: ast.AST) -> Iterator[str]:
    """Samplers that are wrong, or wrong for some arguments: use those of madtheory.random."""
    names = full_names(tree)
    for call in calls(tree):
        name = dotted(call.func, names)
        weighted = name == "jax.random.choice" and (len(call.args) > 4 or any(keyword.arg == "p" for keyword in call.keywords))
        if name in BIASED or weighted:
            yield f"{name} at line {call.lineno}"


def hidden_state(tree: ast.AST) -> Iterator[str]:
    """Functions of numpy.random and random that draw from a state nobody passed."""
    names = full_names(tree)
    stdlib = any(isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names) for node in ast.walk(tree))
    for call in calls(tree):
        name = dotted(call.func, names)
        legacy = name.startswith("numpy.random.") and name not in OWN_STATE
        if legacy or (stdlib and name.startswith("random.") and name != "random.Random"):
            yield f"{name} at line {call.lineno}"


Rule = Callable[[ast.AST], Iterator[str]]
EVERYWHERE = ("madtheory", "experiments", "benchmarks", "paper", "tests")
RULES: dict[Rule, tuple[str, ...]] = {
    tolerances: ("tests", "benchmarks"),
    fixed_seeds: ("tests", "benchmarks"),
    lonely: ("tests", "benchmarks"),
    silent_skips: ("tests", "benchmarks"),
    biased_samplers: ("madtheory", "experiments"),
    hidden_state: EVERYWHERE,
}
"""Each rule with the folders it holds in."""

REFUSED: dict[Rule, tuple[str, ...]] = {
    tolerances: (
        "def test_a(seed):\n    np.testing.assert_allclose(a, b, rtol=1e-3)",
        "def test_a(seed):\n    assert np.isclose(a, b, atol=0.1)",
        "@pytest.fixture\ndef x(seed): ...\n@pytest.fixture\ndef mean(x): ...\ndef test_a(mean):\n    close(mean, 0, atol=TOL)",
    ),
    fixed_seeds: (
        "def test_a(seed):\n    rng = np.random.default_rng(0)",
        "def test_a(seed):\n    key = jax.random.key(17)",
        "def test_a(seed):\n    simulate(loop, seed=3)",
    ),
    lonely: (
        "def test_mean(seed): ...",
        "def test_mean(seed): ...\ndef test_a_wrong_mean_is_rejected(): ...",
    ),
    silent_skips: (
        "@pytest.mark.skip\ndef test_a(): ...",
        "@pytest.mark.skip()\ndef test_a(): ...",
        "@pytest.mark.skipif(True)\ndef test_a(): ...",
        "@pytest.mark.xfail(reason='')\ndef test_a(): ...",
        "def test_a():\n    pytest.skip()",
        "@pytest.mark.flaky(reruns=3)\ndef test_a(): ...",
    ),
    biased_samplers: (
        "import jax\njax.random.binomial(key, 10, 0.5)",
        "import jax.random as jr\njr.gamma(key, 0.5)",
        "from jax import random\nrandom.multinomial(key, 10, p)",
        "from jax.random import choice\nchoice(key, 10, p=weights)",
        "import jax\njax.random.choice(key, 10, (), True, weights)",
    ),
    hidden_state: (
        "import numpy as np\nnp.random.seed(0)",
        "import numpy as np\nnp.random.normal(size=3)",
        "from numpy.random import standard_normal\nstandard_normal(3)",
        "import random\nrandom.gauss(0, 1)",
    ),
}
"""Each rule with code that it must refuse."""

ALLOWED: dict[Rule, str] = {
    tolerances: "def test_formula():\n    assert np.isclose(a, b, rtol=1e-9)\ndef test_draws(seed):\n    assert abs(z(seed)) < 4",
    fixed_seeds: "def test_a(seed):\n    np.random.default_rng(seed)\ndef test_b():\n    np.random.default_rng(0)",
    lonely: "def test_mean(seed): ...\ndef test_a_wrong_mean_is_rejected(seed): ...\ndef test_formula(): ...",
    silent_skips: "@pytest.mark.skipif(no_tex, reason='needs latexmk')\ndef test_a():\n    pytest.skip('no GPU')",
    biased_samplers: "import jax\njax.random.normal(key)\njax.random.choice(key, 10)\njax.random.categorical(key, logits)",
    hidden_state: "import numpy as np\nnp.random.default_rng(seed).normal()\nfrom jax import random\nrandom.normal(key)",
}
"""Each rule with code that it must let pass."""


def broken(rule: Rule, root: Path) -> list[str]:
    """Where the tree breaks a rule."""
    paths = sorted(path for folder in RULES[rule] for path in (root / folder).rglob("*.py"))
    return [f"{path.relative_to(root)}: {what}" for path in paths for what in rule(ast.parse(path.read_text(encoding="utf-8")))]


@pytest.mark.parametrize("rule", RULES)
def test_the_tree_keeps_the_rule(rule: Rule) -> None:
    assert broken(rule, ROOT) == []


@pytest.mark.parametrize(("rule", "code"), [(rule, code) for rule, codes in REFUSED.items() for code in codes])
def test_the_rule_refuses(rule: Rule, code: str) -> None:
    assert list(rule(ast.parse(code)))


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_allows(rule: Rule, tmp_path: Path) -> None:
    folder = tmp_path / RULES[rule][0]
    folder.mkdir()
    (folder / "test_a.py").write_text(ALLOWED[rule], encoding="utf-8")
    assert broken(rule, tmp_path) == []
    (folder / "test_b.py").write_text(REFUSED[rule][0], encoding="utf-8")
    assert len(broken(rule, tmp_path)) == 1


# docstrings


def undocumented(root: Path) -> list[str]:
    """Public methods without a docstring, their own or that of a method of this name in some class they may override."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted((root / "madtheory").rglob("*.py"))}
    methods = [
        (path, owner, method)
        for path, tree in trees.items()
        for owner in ast.walk(tree)
        if isinstance(owner, ast.ClassDef)
        for method in owner.body
        if isinstance(method, Function) and not method.name.startswith("_")
    ]
    known = {method.name for _, _, method in methods if ast.get_docstring(method)}
    missing = [(path.relative_to(root), owner.name, method.name) for path, owner, method in methods if method.name not in known]
    return [f"{path}: {owner}.{method}" for path, owner, method in missing]


def test_public_methods_are_documented() -> None:
    assert undocumented(ROOT) == []


def test_an_undocumented_method_is_refused(tmp_path: Path) -> None:
    (tmp_path / "madtheory").mkdir()
    text = 'class A:\n    def step(self):\n        """One."""\n    def stop(self): ...\nclass B(A):\n    def step(self): ...\n'
    (tmp_path / "madtheory" / "a.py").write_text(text, encoding="utf-8")
    assert undocumented(tmp_path) == ["madtheory/a.py: A.stop"]


# seeds


def test_seeds_are_fresh_and_repeatable(seed_base: str, request: pytest.FixtureRequest) -> None:
    derive = request.config.pluginmanager.get_plugin(str(ROOT / "tests" / "conftest.py")).derive_seed
    here = request.node.nodeid
    assert request.getfixturevalue("seed") == derive(seed_base, here)
    assert len({derive(base, test) for base in ("a", "b", seed_base) for test in ("x", "y", here)}) == 9
    assert all(0 <= derive(str(i), here) < 2**63 for i in range(100))
