"""Products that are added to something become one operation, a fused multiply-add, which rounds once instead of twice.

Compilers do this for ordinary code on a CPU; what JAX hands to an accelerator forbids it, and a polynomial takes twice as long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jax.extend.core import Literal

INSTRUCTIONS = {"float32": ("fma.rn.f32 $0, $1, $2, $3;", "=f,f,f,f"), "float64": ("fma.rn.f64 $0, $1, $2, $3;", "=d,d,d,d")}


class MultiplyAdd(NamedTuple):
    """What takes the place of a sum: left · right + plus, either factor or the summand negated.

    Attributes:
        factors: the two factors.
        plus: the summand.
        signs: −1 or 1 for the product and for the summand.
        result: the variable of the sum.
    """

    factors: tuple[Any, Any]
    plus: Any
    signs: tuple[int, int]
    result: Any

    def value(self, left: Any, right: Any, plus: Any) -> Any:
        """The result, given the numbers."""
        of_product, of_plus = self.signs
        return multiply_add(left if of_product > 0 else -left, right, plus if of_plus > 0 else -plus)


def contract(equations: Sequence[Any], results: Sequence[Any]) -> list[Any]:
    """The equations with a `MultiplyAdd` for each sum or difference of a product that nothing else uses."""
    atoms = [*results, *(atom for e in equations for atom in e.invars)]
    uses = Counter(atom for atom in atoms if not isinstance(atom, Literal))
    alone = {e.outvars[0]: e for e in equations if e.primitive.name == "mul" and uses[e.outvars[0]] == 1}
    products = {v: e for v, e in alone.items() if str(v.aval.dtype) in INSTRUCTIONS}
    taken, made = set(), {}
    for e in equations:
        for product, plus, signs in _sums(e):
            if id(e) not in made and not isinstance(product, Literal) and product in products:
                taken.add(id(products[product]))
                made[id(e)] = MultiplyAdd(tuple(products[product].invars), plus, signs, e.outvars[0])
    return [made.get(id(e), e) for e in equations if id(e) not in taken]


def _sums(e: Any) -> list[tuple[Any, Any, tuple[int, int]]]:
    """What may be the product, what is added to it, and their signs."""
    if e.primitive.name not in ("add", "sub"):
        return []
    left, right = e.invars
    second = 1 if e.primitive.name == "add" else -1
    return [(left, right, (1, second)), (right, left, (second, 1))]


@custom_vmap
def multiply_add(a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once where it runs in a kernel of an accelerator."""
    return a * b + c


@multiply_add.def_vmap
def _(size: int, batched: Sequence[bool], a: Any, b: Any, c: Any) -> tuple[Any, bool]:
    from jax.experimental.pallas import triton

    arguments = [jnp.broadcast_to(x, size) for x in (a, b, c)]
    text, constraints = INSTRUCTIONS[str(arguments[0].dtype)]
    out = jax.ShapeDtypeStruct((size,), arguments[0].dtype)
    done = triton.elementwise_inline_asm(text, args=arguments, constraints=constraints, pack=1, result_shape_dtypes=[out])
    return done[0], True
