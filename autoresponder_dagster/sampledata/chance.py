"""Chance that can be repeated: the same seed gives the same draws on every machine.

Belongs here: random generators and weighted choices. Does not belong here: what is drawn.
"""

from collections.abc import Mapping
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def seeded(seed: str) -> Random:
    """Return a generator that depends on its seed alone; a text as seed is hashed by SHA-512, not by ``hash``."""
    return Random(seed)  # noqa: S311 - sample data is made up, not secret


class Weighted(Generic[T]):
    """A choice with fixed weights."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self._values = list(weights)
        self._cumulated = list(accumulate(weights.values()))

    def draw(self, rng: Random) -> T:
        """Return one value."""
        return rng.choices(self._values, cum_weights=self._cumulated)[0]
