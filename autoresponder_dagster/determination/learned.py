"""The learned reader: a linear model that weighs the words of a message and what the other stages found.

Belongs here: reading the weights and applying them. Does not belong here: what is done with its opinion
(``second_look.py``), how the weights come about (``training.py``; ``make train``).

The grammar of ``statements`` knows what it was taught and says nothing about other wordings. This reader
has an opinion on every message, less surely: it has seen some thousand labelled ones. Its weights are a text
file, ``lexicons/learned.tsv``: one feature a line, one column a determination; so every opinion can be
traced to words.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from math import exp, sqrt

from autoresponder_dagster.determination.features import Features, features, of_sentence, stem
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.schemas.enums import Determination

WEIGHTS_FILE = "learned.tsv"
INTERCEPT = "(intercept)"
DIGITS = 2
"""Decimal places of a weight."""
_MOST_REASONS = 5
_FEW = 5
"""So many known features more would make a view as sure as it seems: few words convince less."""
_LANE = 32
"""Bits of the packed weights that belong to one determination."""
_REMEMBERED = 1_024
"""Sentences that are remembered."""
_ZERO = 1 << 20
"""What stands for a weight of nothing in its lane, so that all are positive."""


@dataclass(frozen=True, eq=False)
class Weights:
    """A linear model: the weights of each feature, one for each determination.

    ``packed`` holds the weights of a feature as one number, each in a lane of its own: adding such numbers adds
    all weights at once, exactly and in any order.
    """

    determinations: tuple[Determination, ...]
    intercept: tuple[float, ...]
    packed: Mapping[str, int]

    def known(self, *sentences: tuple[str, ...]) -> dict[str, int]:
        """Return the packed weights of the word sequences of some sentences, also of words without their endings.

        Sequences without weights are left out.
        """
        known: dict[str, int] = {}
        for words in sentences:
            known |= _look_up(self, words)
        return known

    def sums(self, rows: Collection[int]) -> list[float]:
        """Return the sums of some packed weights, one for each determination."""
        total = sum(rows)
        return [
            ((total >> _LANE * column & (1 << _LANE) - 1) - len(rows) * _ZERO) / 10**DIGITS
            for column in range(len(self.determinations))
        ]


@lru_cache(maxsize=_REMEMBERED)
def _look_up(model: Weights, words: tuple[str, ...]) -> dict[str, int]:
    """Look up one sentence, and remember it: without names and days many are alike."""
    found = of_sentence(words)
    return {name: model.packed[name] for name in model.packed.keys() & found}


@dataclass
class Opinion:
    """What the learned reader takes a message to say. ``probabilities`` sum to one."""

    determination: Determination
    probabilities: Mapping[Determination, float]
    model: Weights
    found: Features

    @property
    def familiarity(self) -> float:
        """The share of the words below the subject that some example held, too, or another form of them."""
        words = {word for sentence in self.found.sentences for word in sentence if word.isalpha()}
        known = sum(word in self.model.packed or stem(word) in self.model.packed for word in words)
        return known / len(words) if words else 1.0

    @property
    def sentence(self) -> int | None:
        """The sentence that speaks most for what is most probable."""
        supports = [self._support(self.model.known(words).values()) for words in self.found.sentences]
        return max(range(len(supports)), key=lambda number: supports[number], default=None)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The features that speak most for what is most probable."""
        known = sorted(self.model.packed.keys() & self.found.all())
        return tuple(sorted(known, key=lambda name: -self._support([self.model.packed[name]]))[:_MOST_REASONS])

    def _support(self, rows: Collection[int]) -> float:
        probable = max(self.probabilities, key=self.probabilities.__getitem__)
        return self.model.sums(rows)[self.model.determinations.index(probable)]


def weights_text() -> str:
    """Return the weights file as it is."""
    return resources.files(__package__).joinpath("lexicons", WEIGHTS_FILE).read_text("utf-8")


def read_weights(text: str) -> Weights:
    """Read a weights file: a header with the determinations, the intercept, the features."""
    header, *lines = (line.split("\t") for line in text.splitlines())
    rows = {name: [float(number) for number in numbers] for name, *numbers in lines}
    intercept = tuple(rows.pop(INTERCEPT))
    return Weights(
        tuple(Determination(name) for name in header[1:]),
        intercept,
        {name: _packed(numbers) for name, numbers in rows.items()},
    )


def _packed(numbers: Sequence[float]) -> int:
    return sum(round(number * 10**DIGITS) + _ZERO << _LANE * column for column, number in enumerate(numbers))


@lru_cache(maxsize=1)
def weights() -> Weights:
    """Return the weights that the package comes with, read once per process."""
    return read_weights(weights_text())


def opinion_on(reading: Reading) -> Opinion:
    """Return what the learned reader takes a message to say."""
    return apply(weights(), features(reading))


def apply(model: Weights, found: Features) -> Opinion:
    """Weigh the features of a message. Each counts once, however often it occurs, by the length of the message."""
    rows = model.known(*found.sentences)
    rows |= {name: model.packed[name] for name in model.packed.keys() & found.of_message}
    length = sqrt(len(rows) + _FEW)
    scores = [start + sum_ / length for start, sum_ in zip(model.intercept, model.sums(rows.values()), strict=True)]
    highest = max(scores)
    odds = [exp(score - highest) for score in scores]
    total = sum(odds)
    return Opinion(
        determination=model.determinations[scores.index(highest)],
        probabilities={one: odd / total for one, odd in zip(model.determinations, odds, strict=True)},
        model=model,
        found=found,
    )
