"""Fitting: how the network of the learned reader comes about from the features of labelled messages.

Belongs here: which features are kept, the network's steps towards the labels, and the text of the weights file.
Does not belong here: where the examples come from and how good the fit is (``training.py``), using the weights
(``learned.py``). Needs scikit-learn, which is a dependency of development only.

Half of the units see the presence of features in the message, the other half in one sentence at a time, of which
only the strongest counts: no library of that size has such a unit, so the few lines that train it stand here. The
features that tell the determinations apart best are kept (chi-squared), each as one byte for each unit, so that the
file stays small and a rare word cannot decide anything.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectKBest, chi2

from autoresponder_dagster.determination.features import Features, of_sentence
from autoresponder_dagster.determination.learned import FEW, INTERCEPTS, STEPS, ZERO, Numbers

FEATURES_KEPT = 60_000
LEAST_MESSAGES = 2
"""A feature must occur in so many messages."""
HALF, ROUNDS, PACE, TOGETHER, DECAY = 32, 4, 2e-3, 128, 5e-4
"""Units of the network of each kind; how often it sees all examples, how fast it learns, from how many examples at a
time, and how strongly its weights are drawn to nothing. More units or rounds did no better on unseen examples."""
LEAST_UPDATES = 500
"""How often it learns at least, however few the examples are."""
MOST_STEPS = ZERO - 1
"""So many steps up or down is the greatest weight of a feature for a unit."""
LEAST_STEP = 1e-5
DIGITS = 6
"""Digits of a number of the network."""
_FIRST, _SECOND, _NEVER_NOTHING = 0.9, 0.999, 1e-8
"""How slowly Adam forgets the mean and the square of the gradients, and what keeps it from dividing by nothing
(Kingma and Ba 2015, arXiv:1412.6980)."""

_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Network:
    """A fitted network: the features and labels by name, and the weights between them.

    ``weights`` has a row for each feature and a column for each unit, those of the message first; ``intercepts`` a
    number for each unit; ``outputs`` a row for each unit and a column for each label; ``starts`` a number for each.
    """

    names: Sequence[str]
    labels: Sequence[str]
    weights: _Floats
    intercepts: _Floats
    outputs: _Floats
    starts: _Floats

    @property
    def parameters(self) -> tuple[_Floats, _Floats, _Floats, _Floats]:
        """All that is learned."""
        return self.weights, self.intercepts, self.outputs, self.starts


@dataclass(frozen=True)
class _Shown:
    """Features as matrices of their presence: a row for each message, and one for each of its sentences.

    The sentences of message ``n`` are the rows from ``first[n]`` up to ``first[n + 1]``; each message has at least one.
    """

    messages: csr_matrix
    sentences: csr_matrix
    first: NDArray[np.int64]

    def batch(self, numbers: NDArray[np.int64]) -> "_Shown":
        """Return some of the messages."""
        counts = self.first[numbers + 1] - self.first[numbers]
        first = np.concatenate([[0], np.cumsum(counts)])
        rows = np.repeat(self.first[numbers] - first[:-1], counts) + np.arange(first[-1])
        return _Shown(self.messages[numbers], self.sentences[rows], first)


class _Adam:
    """Adam: steps in the direction of the gradients' mean, the smaller the more they vary."""

    def __init__(self, parameters: Sequence[_Floats]) -> None:
        self.parameters = parameters
        self.means = [np.zeros_like(one) for one in parameters]
        self.squares = [np.zeros_like(one) for one in parameters]
        self.steps = 0

    def step(self, gradients: Sequence[_Floats]) -> None:
        """Change the parameters in place."""
        self.steps += 1
        pace = PACE * np.sqrt(1 - _SECOND**self.steps) / (1 - _FIRST**self.steps)
        for number, gradient in enumerate(gradients):
            mean, square = self.means[number], self.squares[number]
            mean += (1 - _FIRST) * (gradient - mean)
            square += (1 - _SECOND) * (gradient * gradient - square)
            self.parameters[number][...] -= pace * mean / (np.sqrt(square) + _NEVER_NOTHING)


def fit(shown: Sequence[Features], labels: Sequence[str], counts: Numbers) -> Network:
    """Return a network fitted to labelled messages.

    Args:
        shown: the features of each message.
        labels: the label of each.
        counts: how much each counts, 1 on average.
    """
    sentences = [[of_sentence(words) for words in one.read()] or [[]] for one in shown]
    found = [sorted(one.of_message.union(*own)) for one, own in zip(shown, sentences, strict=True)]
    presence = CountVectorizer(analyzer=lambda one: one, min_df=LEAST_MESSAGES, binary=True).fit(found)
    messages = presence.transform(found)
    choice = SelectKBest(chi2, k=min(FEATURES_KEPT, messages.shape[1])).fit(messages, labels)
    matrices = _Shown(
        _by_length(choice.transform(messages)),
        _by_length(choice.transform(presence.transform([one for own in sentences for one in own]))),
        np.cumsum([0, *map(len, sentences)]),
    )
    names = presence.get_feature_names_out()[choice.get_support()]
    columns, targets = np.unique(labels, return_inverse=True)
    network = _started(names.tolist(), columns.tolist())
    _learn(network, matrices, targets, counts.astype(np.float32))
    return network


def _by_length(presence: Any) -> csr_matrix:
    """Return presences divided by the length of their rows, as ``learned.apply`` divides sums."""
    return (diags(1 / np.sqrt(presence.getnnz(axis=1) + FEW)) @ presence).tocsr().astype(np.float32)


def _started(names: Sequence[str], labels: Sequence[str]) -> Network:
    """Return a network that has learned nothing."""
    random = np.random.default_rng(0)

    def weights(rows: int, columns: int) -> _Floats:
        most = np.sqrt(6 / (rows + columns))
        return random.uniform(-most, most, (rows, columns)).astype(np.float32)

    units = 2 * HALF
    return Network(
        names,
        labels,
        np.hstack([weights(len(names), HALF), weights(len(names), HALF)]),
        np.zeros(units, np.float32),
        weights(units, len(labels)),
        np.zeros(len(labels), np.float32),
    )


def _learn(network: Network, shown: _Shown, targets: NDArray[np.int64], counts: _Floats) -> None:
    """Show the network all examples, ``ROUNDS`` times, in portions."""
    random, optimizer = np.random.default_rng(0), _Adam(network.parameters)
    number = len(targets)
    for _ in range(max(ROUNDS, LEAST_UPDATES * TOGETHER // number)):
        order = random.permutation(number)
        for start in range(0, number, TOGETHER):
            batch = order[start : start + TOGETHER]
            optimizer.step(_gradients(network, shown.batch(batch), targets[batch], counts[batch]))


def _gradients(
    network: Network, shown: _Shown, targets: NDArray[np.int64], counts: _Floats
) -> tuple[_Floats, _Floats, _Floats, _Floats]:
    """Return in which direction each parameter makes the labels less likely, and itself greater."""
    number, begins = len(targets), shown.first[:-1]
    message = shown.messages @ network.weights[:, :HALF]
    apart = shown.sentences @ network.weights[:, HALF:]
    strongest = np.maximum.reduceat(apart, begins)
    units = np.maximum(np.hstack([message, strongest]) + network.intercepts, 0)
    scores = units @ network.outputs + network.starts
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    errors = odds / odds.sum(axis=1, keepdims=True)
    errors[np.arange(number), targets] -= 1
    errors *= counts[:, None] / number
    back = (errors @ network.outputs.T) * (units > 0)
    of_message = shown.messages.T @ back[:, :HALF]
    # Only the strongest sentence moved a unit; where several are equal, they share.
    sentence_of = np.repeat(np.arange(number), np.diff(shown.first))
    moved = apart == strongest[sentence_of]
    shared = back[:, HALF:] / np.add.reduceat(moved, begins)
    of_sentence_units = shown.sentences.T @ np.where(moved, shared[sentence_of], 0).astype(np.float32)
    decay = np.float32(DECAY / number)
    return (
        np.hstack([of_message, of_sentence_units]) + decay * network.weights,
        back.sum(axis=0),
        units.T @ errors + decay * network.outputs,
        errors.sum(axis=0),
    )


def weights_of(network: Network) -> str:
    """Return a network as the text of a weights file."""
    steps = np.maximum(np.abs(network.weights).max(axis=0), LEAST_STEP) / MOST_STEPS
    packed = (np.rint(network.weights / steps) + ZERO).astype(np.uint8)
    rows = [
        (STEPS, *map(_number, steps)),
        (INTERCEPTS, *map(_number, network.intercepts)),
        *(
            (label, _number(start), *map(_number, column))
            for label, start, column in zip(network.labels, network.starts, network.outputs.T, strict=True)
        ),
        *sorted((name, b64encode(units).decode()) for name, units in zip(network.names, packed, strict=True)),
    ]
    return "".join("\t".join(row) + "\n" for row in rows)


def _number(number: float) -> str:
    return f"{number:.{DIGITS}g}"
