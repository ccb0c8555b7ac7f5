"""Beta variates."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from madtheory.random.gamma import log_ratio


def log_odds(words: tuple[Any, Any, Any, Any], a: Any, b: Any, dtype: Any) -> Any:
    """log B/(1−B) of one B ~ Beta(a, b) for each four uint32 words: the difference of two log gammas (a, b as in `log_gamma`)."""
    a, b = jnp.asarray(a, dtype), jnp.asarray(b, dtype)
    return jnp.log(a / b) + log_ratio(words[:2], a, dtype) - log_ratio(words[2:], b, dtype)


def beta(words: tuple[Any, Any, Any, Any], a: Any, b: Any, dtype: Any) -> Any:
    """One Beta(a, b) for each four uint32 words; NaN unless a and b lie in (0, 10¹²].

    Right, relative, to the error of `log_gamma` near 0; near 1 ask for `log_odds`, or for 1 − B as Beta(b, a).
    """
    return jax.nn.sigmoid(log_odds(words, a, b, dtype))
