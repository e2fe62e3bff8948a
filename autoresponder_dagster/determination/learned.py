"""The learned reader: a small network that weighs the words of a message and what the other stages found.

Belongs here: reading the weights and applying them. Does not belong here: what is done with its opinion
(``second_look.py``), how the weights come about (``training.py``; ``make train``).

The grammar of ``statements`` knows what it was taught and says nothing about other wordings. This reader
has an opinion on every message, less surely: it has seen some ten thousand labelled ones. One layer of units
adds up the features that a message has; what is left of each above zero speaks for or against the
determinations. So every opinion can be traced to words: to what they add to the units that spoke.
"""

from base64 import b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from autoresponder_dagster.determination.features import Features, features, of_sentence, stem
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.schemas.enums import Determination

WEIGHTS_FILE = "learned.tsv"
STEPS, INTERCEPTS = "(steps)", "(intercepts)"
"""What the rows of the weights file are called that say what one step of a unit's weights is worth, and what a unit
has before any feature."""
_MOST_REASONS = 5
_FEW = 5
"""So many known features more would make a view as sure as it seems: few words convince less."""
_LANE = np.dtype("<u4")
"""In what the packed weights hold the steps of one unit."""
ZERO = 128
"""What stands for a weight of nothing, so that all are positive."""
_REMEMBERED = 1_024
"""Sentences that are remembered."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Weights:
    """A network with one layer of units between features and determinations.

    ``packed`` holds the weights of a feature for all units as one number, in steps and each in a lane of its own:
    adding such numbers adds all weights at once, exactly and in any order. ``steps`` and ``intercepts`` have one
    number for each unit, ``outputs`` one row for each unit and one column for each determination, ``starts`` one
    number for each determination.
    """

    determinations: tuple[Determination, ...]
    packed: Mapping[str, int]
    steps: Numbers
    intercepts: Numbers
    outputs: Numbers
    starts: Numbers

    def known(self, *sentences: tuple[str, ...]) -> dict[str, int]:
        """Return the packed weights of the word sequences of some sentences, also of words without their endings.

        Sequences without weights are left out.
        """
        known: dict[str, int] = {}
        for words in sentences:
            known |= _look_up(self, words)
        return known

    def sums(self, rows: Collection[int]) -> Numbers:
        """Return the sums of some packed weights, one for each unit."""
        lanes = np.frombuffer(sum(rows).to_bytes(len(self.steps) * _LANE.itemsize, "little"), _LANE)
        return (lanes.astype(np.int64) - len(rows) * ZERO) * self.steps


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
    directions: Numbers = field(compare=False)
    """How much each unit speaks for what is most probable, as it stands."""

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
        return float((self.model.sums(rows) * self.directions).sum())


def weights_text() -> str:
    """Return the weights file as it is."""
    return resources.files(__package__).joinpath("lexicons", WEIGHTS_FILE).read_text("utf-8")


def read_weights(text: str) -> Weights:
    """Read a weights file: what belongs to units and determinations, then the features, one byte for each unit."""
    (_, *steps), (_, *intercepts), *rest = (line.split("\t") for line in text.splitlines())
    to_determinations = [row for row in rest if row[0] in set(Determination)]
    of_features = rest[len(to_determinations) :]
    starts, *outputs = np.array([row[1:] for row in to_determinations], np.float64).T
    units = np.frombuffer(b"".join(b64decode(packed) for _, packed in of_features), np.uint8)
    lanes = units.reshape(-1, len(steps)).astype(_LANE)
    return Weights(
        determinations=tuple(Determination(name) for name, *_ in to_determinations),
        packed={
            name: int.from_bytes(lane.tobytes(), "little") for (name, _), lane in zip(of_features, lanes, strict=True)
        },
        steps=np.array(steps, np.float64),
        intercepts=np.array(intercepts, np.float64),
        outputs=np.array(outputs),
        starts=starts,
    )


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
    units = np.maximum(model.sums(rows.values()) / sqrt(len(rows) + _FEW) + model.intercepts, 0.0)
    # Added up row by row, so that the last digit is the same on every machine.
    scores = ((units[:, None] * model.outputs).sum(axis=0) + model.starts).tolist()
    highest = max(scores)
    odds = [exp(score - highest) for score in scores]
    total = sum(odds)
    best = scores.index(highest)
    return Opinion(
        determination=model.determinations[best],
        probabilities={one: odd / total for one, odd in zip(model.determinations, odds, strict=True)},
        model=model,
        found=found,
        directions=np.where(units > 0, model.outputs[:, best], 0.0),
    )
