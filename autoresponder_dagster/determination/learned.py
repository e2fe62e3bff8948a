"""The learned reader: a small network that weighs the words of a message and what the other stages found.

Belongs here: reading the weights and applying them. Does not belong here: what is done with its opinion
(``second_look.py``), how the weights come about (``training.py``; ``make train``).

The grammar of ``statements`` knows what it was taught and says nothing about other wordings. This reader
has an opinion on every message, less surely: it has seen some ten thousand labelled ones. Some of its units
add up the features of the whole message, the others those of one sentence at a time, of which the strongest
counts: one sentence tells the news, whatever the others say. What is left of each unit above zero speaks for
or against the determinations. So every opinion can be traced to words: to what they add to the units that spoke.
"""

from base64 import b64decode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import exp, inf, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from autoresponder_dagster.determination.features import Features, features, of_sentence, stem
from autoresponder_dagster.determination.lexicon import read_data_file
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.schemas.enums import Determination

WEIGHTS_FILE = "learned.tsv"
STEPS, INTERCEPTS = "(steps)", "(intercepts)"
"""What the rows of the weights file are called that say what one step of a unit's weights is worth, and what a unit
has before any feature."""
_MOST_REASONS = 5
FEW = 5
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

    The first half of the units sees the whole message, the other half one sentence at a time. ``of_message`` and
    ``of_sentence`` hold the weights of each feature for all units of a half as one number, in steps and each in a lane
    of its own: adding such numbers adds all weights at once, exactly and in any order. ``steps`` and ``intercepts``
    have one number for each unit, ``outputs`` one row for each unit and one column for each determination, ``starts``
    one number for each determination.
    """

    determinations: tuple[Determination, ...]
    of_message: Mapping[str, int]
    of_sentence: Mapping[str, int]
    steps: Numbers
    intercepts: Numbers
    outputs: Numbers
    starts: Numbers

    @property
    def half(self) -> int:
        """How many units see the whole message, and how many one sentence."""
        return len(self.steps) // 2

    def whole(self, names: Collection[str]) -> Numbers:
        """Return what some features add to the units of the message, one number for each."""
        return _added(self.of_message, names, self.steps[: self.half])

    def apart(self, names: Collection[str]) -> Numbers:
        """Return what some features add to the units of their sentence, one number for each."""
        return _added(self.of_sentence, names, self.steps[self.half :])

    def sentence(self, words: tuple[str, ...]) -> "Seen":
        """Return what is known of a sentence, given by its words between marks of its ends."""
        return _look_up(self, words)


class Seen(NamedTuple):
    """What is known of a sentence: its features that have weights, and what they make of the units of a sentence."""

    features: frozenset[str]
    units: Numbers


@lru_cache(maxsize=_REMEMBERED)
def _look_up(model: Weights, words: tuple[str, ...]) -> Seen:
    """Look up one sentence, and remember it: without names and days many are alike."""
    known = frozenset(model.of_message.keys() & of_sentence(words))
    return Seen(known, model.apart(known) / length(known))


def length(known: Collection[str]) -> float:
    """Return by what the sums of the weights of some features are divided: how long what holds them is."""
    return sqrt(len(known) + FEW)


def _added(packed: Mapping[str, int], names: Collection[str], steps: Numbers) -> Numbers:
    """Return the sums of the packed weights of some features, one for each unit."""
    total = sum(map(packed.__getitem__, names))
    lanes = np.frombuffer(total.to_bytes(len(steps) * _LANE.itemsize, "little"), _LANE)
    return (lanes.astype(np.int64) - len(names) * ZERO) * steps


@dataclass
class Opinion:
    """What the learned reader takes a message to say. ``probabilities`` sum to one."""

    determination: Determination
    probabilities: Mapping[Determination, float]
    model: Weights
    found: Features
    units: Numbers = field(compare=False)
    """What each unit says, none below zero."""

    @property
    def familiarity(self) -> float:
        """The share of the words below the subject that some example held, too, or another form of them."""
        words = {word for sentence in self.found.sentences for word in sentence if word.isalpha()}
        known = sum(word in self.model.of_message or stem(word) in self.model.of_message for word in words)
        return known / len(words) if words else 1.0

    @property
    def sentence(self) -> int | None:
        """The sentence that speaks most for what is most probable."""
        in_english = self.found.in_english or [()] * len(self.found.sentences)
        sentences = [
            [self.model.sentence(words) for words in both]
            for both in zip(self.found.sentences, in_english, strict=True)
        ]
        supports = [sum(self._support(seen.features, seen) for seen in both) for both in sentences]
        return max(range(len(supports)), key=lambda number: supports[number], default=None)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The features that speak most for what is most probable."""
        of_message = self.model.of_message.keys() & self.found.of_message
        support = {name: self._support([name]) for name in of_message}
        for seen in map(self.model.sentence, self.found.read()):
            for name in seen.features:
                support[name] = max(self._support([name], seen), support.get(name, -inf))
        return tuple(sorted(sorted(support), key=lambda name: -support[name])[:_MOST_REASONS])

    def _support(self, names: Collection[str], of: Seen | None = None) -> float:
        """Return how much some features, or those of a sentence, speak for what is most probable."""
        in_message, in_sentence = self._directions
        support = (self.model.whole(names) * in_message).sum()
        if of is not None:
            # Of a unit that sees one sentence at a time, only the strongest sentence counts.
            counts = np.where(of.units >= self._strongest, in_sentence, 0.0)
            support += (self.model.apart(names) * counts).sum() / length(of.features)
        return float(support)

    @cached_property
    def _strongest(self) -> Numbers:
        return _peaks(self.model, list(map(self.model.sentence, self.found.read())))

    @cached_property
    def _directions(self) -> tuple[Numbers, Numbers]:
        """How much each unit speaks for what is most probable, as it stands: those of the message, of a sentence."""
        outputs = self.model.outputs[:, self.model.determinations.index(self.determination)]
        directions = np.where(self.units > 0, outputs, 0.0)
        known = self.model.of_message.keys() & self.found.all()
        return directions[: self.model.half] / length(known), directions[self.model.half :]


def weights_text() -> str:
    """Return the weights file as it is."""
    return read_data_file(WEIGHTS_FILE)


def read_weights(text: str) -> Weights:
    """Read a weights file: what belongs to units and determinations, then the features, one byte for each unit."""
    (_, *steps), (_, *intercepts), *rest = (line.split("\t") for line in text.splitlines())
    to_determinations = [row for row in rest if row[0] in set(Determination)]
    of_features = rest[len(to_determinations) :]
    starts, *outputs = np.array([row[1:] for row in to_determinations], np.float64).T
    units = np.frombuffer(b"".join(b64decode(packed) for _, packed in of_features), np.uint8)
    lanes = units.reshape(-1, 2, len(steps) // 2).astype(_LANE)
    names = [name for name, _ in of_features]
    return Weights(
        determinations=tuple(Determination(name) for name, *_ in to_determinations),
        of_message=_packed(names, lanes[:, 0]),
        of_sentence=_packed(names, lanes[:, 1]),
        steps=np.array(steps, np.float64),
        intercepts=np.array(intercepts, np.float64),
        outputs=np.array(outputs),
        starts=starts,
    )


def _packed(names: Sequence[str], lanes: NDArray[np.uint32]) -> dict[str, int]:
    return {name: int.from_bytes(lane.tobytes(), "little") for name, lane in zip(names, lanes, strict=True)}


@lru_cache(maxsize=1)
def weights() -> Weights:
    """Return the weights that the package comes with, read once per process."""
    return read_weights(weights_text())


def opinion_on(reading: Reading) -> Opinion:
    """Return what the learned reader takes a message to say."""
    return apply(weights(), features(reading))


def apply(model: Weights, found: Features) -> Opinion:
    """Weigh the features of a message. Each counts once, however often it occurs, by the length of the message."""
    sentences = [model.sentence(words) for words in found.read()]
    known = (model.of_message.keys() & found.of_message).union(*(sentence.features for sentence in sentences))
    sums = np.concatenate([model.whole(known) / length(known), _peaks(model, sentences)])
    units = np.maximum(sums + model.intercepts, 0.0)
    # Added up row by row, so that the last digit is the same on every machine.
    scores = ((units[:, None] * model.outputs).sum(axis=0) + model.starts).tolist()
    highest = max(scores)
    odds = [exp(score - highest) for score in scores]
    total = sum(odds)
    return Opinion(
        determination=model.determinations[scores.index(highest)],
        probabilities={one: odd / total for one, odd in zip(model.determinations, odds, strict=True)},
        model=model,
        found=found,
        units=units,
    )


def _peaks(model: Weights, sentences: Sequence[Seen]) -> Numbers:
    """Return what the units of a sentence say of that which moves each of them most; nothing where there is none."""
    return np.max([sentence.units for sentence in sentences], axis=0) if sentences else np.zeros(model.half)
