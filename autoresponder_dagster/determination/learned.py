"""The learned reader: a linear model that weighs the words of a message and what the other stages found.

Belongs here: reading the weights and applying them. Does not belong here: what is done with its opinion
(``second_look.py``), how the weights come about (``training.py``; ``make train``).

The grammar of ``statements`` knows what it was taught and says nothing about other wordings. This reader
has an opinion on every message, less surely: it has seen some thousand labelled ones. Its weights are a text
file, ``lexicons/learned.tsv``: one feature a line, one column a determination; so every opinion can be
traced to words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from autoresponder_dagster.determination.features import Features, features, without_endings
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.schemas.enums import Determination

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHTS_FILE = "learned.tsv"
INTERCEPT = "(intercept)"
_MOST_REASONS = 5
_FEW = 12
"""So many known features more would make a view as sure as it seems: few words never convince."""
_END = ""
"""The key under which a node of the tree of word sequences holds the number of the sequence that ends there."""


@dataclass(frozen=True)
class Weights:
    """A linear model: one row of ``matrix`` for each of ``names``, one column for each determination.

    ``tree`` holds the names by their words: ``{"left": {"": 17, "the": {"": 18}}}``.
    """

    determinations: tuple[Determination, ...]
    intercept: "NDArray[np.float64]"
    names: tuple[str, ...]
    matrix: "NDArray[np.float64]"
    tree: Mapping[str, Any]

    def numbers(self, words: Sequence[str]) -> set[int]:
        """Return the rows of the word sequences that a sentence holds."""
        found: set[int] = set()
        for start, first in enumerate(words):
            node = self.tree.get(first)
            following = start + 1
            while node is not None:
                if _END in node:
                    found.add(node[_END])
                node = node.get(words[following]) if following < len(words) else None
                following += 1
        return found


@dataclass(frozen=True)
class Opinion:
    """What the learned reader takes a message to say. ``probabilities`` sum to one.

    ``sentence`` is the one that speaks most for ``determination``; ``reasons`` are the features that do.
    """

    determination: Determination
    probabilities: Mapping[Determination, float]
    sentence: int | None
    reasons: tuple[str, ...]


def weights_text() -> str:
    """Return the weights file as it is."""
    return resources.files(__package__).joinpath("lexicons", WEIGHTS_FILE).read_text("utf-8")


def read_weights(text: str) -> Weights:
    """Read a weights file: a header with the determinations, the intercept, the features."""
    header, *lines = (line.split("\t") for line in text.splitlines())
    rows = {name: [float(number) for number in numbers] for name, *numbers in lines}
    intercept = np.array(rows.pop(INTERCEPT))
    tree: dict[str, Any] = {}
    for number, name in enumerate(rows):
        node = tree
        for word in name.split(" "):
            node = node.setdefault(word, {})
        node[_END] = number
    determinations = tuple(Determination(name) for name in header[1:])
    return Weights(determinations, intercept, tuple(rows), np.array(list(rows.values())), tree)


@lru_cache(maxsize=1)
def weights() -> Weights:
    """Return the weights that the package comes with, read once per process."""
    return read_weights(weights_text())


def opinion_on(reading: Reading) -> Opinion:
    """Return what the learned reader takes a message to say."""
    return apply(weights(), features(reading))


def apply(model: Weights, found: Features) -> Opinion:
    """Weigh the features of a message. Each counts once, however often it occurs, by the length of the message."""
    of_sentences = [model.numbers(words) | model.numbers(without_endings(words)) for words in found.sentences]
    known = sorted(set().union(*of_sentences, *(model.numbers([name]) for name in found.of_message)))
    scores = model.intercept + model.matrix[known].sum(axis=0) / sqrt(len(known) + _FEW)
    odds = np.exp(scores - scores.max())
    column = int(odds.argmax())
    support = model.matrix[:, column]
    return Opinion(
        determination=model.determinations[column],
        probabilities=dict(zip(model.determinations, (odds / odds.sum()).tolist(), strict=True)),
        sentence=max(
            range(len(of_sentences)), key=lambda number: support[list(of_sentences[number])].sum(), default=None
        ),
        reasons=tuple(
            model.names[number] for number in sorted(known, key=lambda number: -support[number])[:_MOST_REASONS]
        ),
    )
