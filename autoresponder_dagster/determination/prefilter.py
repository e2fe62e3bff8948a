"""The prefilter: which of many patterns can match a text at all (the term and the idea are RE2's).

Belongs here: the literals of which a match of a pattern must contain one, read off the pattern's parse tree,
and what follows from finding them (``literals.py``). It only saves time: leaving it out changes no result.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from string import digits
from typing import Any

from autoresponder_dagster.determination.literals import literal_search

_MOST_LITERALS = 32
"""A pattern that begins in more ways than this is told by another part of it."""
_COMMON, _RARER_BY_LETTER = 0.5, 1 / 12
"""Roughly how likely a text holds a common word, and how much less likely each letter makes a literal."""

Literals = frozenset[str]
_NOTHING: Literals = frozenset({""})


def required_literals(pattern: "re.Pattern[str]", common: Collection[str] = ()) -> Literals:
    """Return strings of which every match of a pattern contains one; the empty string if nothing is required.

    Of the parts of the pattern that must be there, the one is taken that is least likely to occur by chance;
    ``common`` are words that occur in any text.
    """
    if pattern.flags & re.IGNORECASE:
        return _NOTHING
    tree = _parser.parse(pattern.pattern, pattern.flags)
    return _Reader(common, is_ascii=bool(pattern.flags & re.ASCII)).required(tree)


class _Reader:
    def __init__(self, common: Collection[str], *, is_ascii: bool) -> None:
        self.common = common
        self.is_ascii = is_ascii

    def chance(self, literals: Literals) -> float:
        """Return how likely it is, roughly, that a text holds one of the literals."""
        return sum(
            _COMMON if literal.strip() in self.common else _RARER_BY_LETTER ** len(literal.encode())
            for literal in literals
        )

    def rarer(self, one: Literals, other: Literals) -> Literals:
        return min(one, _shortest(other), key=self.chance)

    def required(self, sequence: Iterable[tuple[Any, Any]]) -> Literals:
        best = run = _NOTHING
        for kind, argument in sequence:
            exact = self.exact(kind, argument)
            joined = exact and {before + after for before in run for after in exact}
            if joined and len(joined) <= _MOST_LITERALS:
                run = frozenset(joined)
                continue
            best = self.rarer(self.rarer(best, run), self.inside(kind, argument))
            run = exact or _NOTHING
        return self.rarer(best, run)

    def inside(self, kind: Any, argument: Any) -> Literals:
        """Return what one item requires that does not stand for few strings."""
        if kind is op.SUBPATTERN and not argument[1] & re.IGNORECASE:
            return self.required(argument[3])
        if kind is op.BRANCH:
            return frozenset().union(*(self.required(branch) for branch in argument[1]))
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[0] > 0:
            return self.required(argument[2])
        return _NOTHING

    def exact(self, kind: Any, argument: Any) -> Literals | None:
        """Return all strings that one item stands for; null if they are too many to list."""
        if kind is op.LITERAL:
            return frozenset({chr(argument)})
        if kind is op.AT:
            return _NOTHING
        if kind is op.SUBPATTERN and not argument[1] & re.IGNORECASE:
            return self.exact_sequence(argument[3])
        parts: list[Literals | None]
        if kind is op.IN:
            parts = [self.characters(*member) for member in argument]
        elif kind is op.BRANCH:
            parts = [self.exact_sequence(branch) for branch in argument[1]]
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[:2] == (0, 1):
            parts = [_NOTHING, self.exact_sequence(argument[2])]
        else:
            return None
        known = [part for part in parts if part is not None]
        strings = frozenset().union(*known)
        return strings if len(known) == len(parts) and len(strings) <= _MOST_LITERALS else None

    def characters(self, kind: Any, argument: Any) -> Literals | None:
        """Return the characters that a member of a class stands for; null if they are more than the digits."""
        if kind is op.LITERAL:
            return frozenset({chr(argument)})
        if kind is op.CATEGORY and argument is op.CATEGORY_DIGIT and self.is_ascii:
            return frozenset(digits)
        if kind is op.RANGE and chr(argument[0]) in digits and chr(argument[1]) in digits:
            return frozenset(map(chr, range(argument[0], argument[1] + 1)))
        return None

    def exact_sequence(self, sequence: Iterable[tuple[Any, Any]]) -> Literals | None:
        strings = _NOTHING
        for kind, argument in sequence:
            exact = self.exact(kind, argument)
            if exact is None or len(exact) * len(strings) > _MOST_LITERALS:
                return None
            strings = frozenset(before + after for before in strings for after in exact)
        return strings


def _shortest(literals: Literals) -> Literals:
    """Drop the literals that contain another."""
    kept: list[str] = []
    for literal in sorted(literals, key=lambda literal: (len(literal), literal)):
        if not any(shorter in literal for shorter in kept):
            kept.append(literal)
    return frozenset(kept)


class Prefilter:
    """Tells which of some patterns can match a text, given by their numbers."""

    def __init__(self, patterns: Sequence["re.Pattern[str]"], common: Collection[str] = ()) -> None:
        numbers: dict[str, list[int]] = {}
        for number, pattern in enumerate(patterns):
            for literal in required_literals(pattern, common):
                numbers.setdefault(literal, []).append(number)
        self._always = numbers.pop("", [])
        self._patterns_of = list(numbers.values())
        self._search = literal_search(list(numbers))

    def candidates(self, text: str) -> list[int]:
        """Return the numbers of the patterns that can match a text, in order."""
        numbers = set(self._always)
        for literal in self._search(text):
            numbers.update(self._patterns_of[literal])
        return sorted(numbers)
