"""Which of many strings a text holds.

Belongs here: the search, with an Aho-Corasick automaton where one is installed (the extra ``fast``), else without.
All ways find the same strings; with ``AUTORESPONDER_PURE_PYTHON=1`` in the environment the automaton is left out.
"""

import os
from collections import Counter
from collections.abc import Callable, Collection, Sequence

_PURE_PYTHON = os.environ.get("AUTORESPONDER_PURE_PYTHON") == "1"
try:
    from ahocorasick_rs import AhoCorasick
except ImportError:
    _PURE_PYTHON = True

_FEW = 400
"""So many literals are looked for one by one."""
_GRAM = 4
"""Letters by which more of them are looked up."""

Search = Callable[[str], Collection[int]]
"""Returns the numbers of the literals that a text holds."""


def literal_search(literals: Sequence[str]) -> Search:
    """Return the fastest search for some literals, none of them empty."""
    if not _PURE_PYTHON:
        return automaton_search(literals)
    return one_by_one(literals) if len(literals) <= _FEW else gram_search(literals)


def automaton_search(literals: Sequence[str]) -> Search:
    """Read the text once, whatever the number of literals."""
    find = AhoCorasick(literals).find_matches_as_indexes
    without_automaton = one_by_one(literals)

    def search(text: str) -> Collection[int]:
        try:
            return {number for number, _, _ in find(text, overlapping=True)}
        except UnicodeEncodeError:  # half a surrogate pair, which is no character
            return without_automaton(text)

    return search


def one_by_one(literals: Sequence[str]) -> Search:
    """Read the text once for each literal."""
    numbered = list(enumerate(literals))

    def search(text: str) -> Collection[int]:
        return [number for number, literal in numbered if literal in text]

    return search


def gram_search(literals: Sequence[str]) -> Search:
    """Look for a literal where the text holds one gram of it: the one that the fewest of them have."""
    counts = Counter(gram for literal in literals for gram in _grams(literal))
    by_gram: dict[str, list[tuple[int, str]]] = {}
    short: list[tuple[int, str]] = []
    for number, literal in enumerate(literals):
        if len(literal) < _GRAM:
            short.append((number, literal))
        else:
            rarest = min(sorted(_grams(literal)), key=lambda gram: counts[gram])
            by_gram.setdefault(rarest, []).append((number, literal))

    def search(text: str) -> Collection[int]:
        found = [number for number, literal in short if literal in text]
        for gram in by_gram.keys() & _grams(text):
            found += [number for number, literal in by_gram[gram] if literal in text]
        return found

    return search


def _grams(text: str) -> set[str]:
    return {text[start : start + _GRAM] for start in range(len(text) - _GRAM + 1)}
