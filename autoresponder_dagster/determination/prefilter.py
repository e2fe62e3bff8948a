"""The prefilter: which of many patterns can match a text at all (the term and the idea are RE2's).

Belongs here: the literals of which a match of a pattern must contain one, read off the pattern's parse tree,
and what follows from finding them (``literals.py``). It only saves time: leaving it out changes no result.

A pattern is taken as some *ways* to match, one for each of its main alternatives. A way needs one literal of each of
a few sets: ``(?:left|quit) .* (?:firm|school)`` needs one of *left* and *quit*, and one of *firm* and *school*.
"""

import re
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from functools import lru_cache, reduce
from itertools import islice
from math import inf, prod
from operator import methodcaller, or_
from re import _compiler, _parser  # type: ignore[attr-defined]
from re import _constants as op  # type: ignore[attr-defined]
from string import digits
from typing import Any, NamedTuple, TypeVar

from autoresponder_dagster.determination.literals import literal_search

_MOST_LITERALS = 32
"""A pattern that begins in more ways than this is told by another part of it."""
_COMMON, _RARER_BY_LETTER = 0.5, 1 / 12
"""Roughly how likely a text holds a common word, and how much less likely each letter makes a literal."""
_DIGIT, _SIGN = 0.05, 0.1
"""The same of a digit, and of a sign that is neither a letter nor a stop ("?")."""
_LETTERS = 80
"""Letters of a sentence, roughly."""
_TELLING = 0.6
"""A second or third set of literals is looked for where a text holds one of it less often."""
_USUAL = 4.0
"""A set is not looked for at all where a text holds more of it than so many."""
_MOST_SETS = 3
"""Sets of literals that are looked for, for each way to match a pattern."""
_MOST_WAYS = 128
_REMEMBERED = 4_096
"""Lines that are remembered: most answers quote the same mailing."""
_RARE = 0.01
"""A way that a text is so unlikely to hold the literals of is rare enough."""

Literals = frozenset[str]
Needs = list[Literals]
"""Sets of literals, of which every match contains one each."""
_Item = tuple[Any, Any]
"""One item of a parse tree: what it is, and its arguments."""
_Kept = TypeVar("_Kept")
_NOTHING: Literals = frozenset({""})
_SIMPLE = (op.LITERAL, op.AT)
_START = methodcaller("start")


class _Way(NamedTuple):
    """One way to match a pattern: what it needs, and the items of the parse tree that it is made of."""

    needs: Needs
    items: list[_Item]


def ways_to_match(pattern: "re.Pattern[str]", common: Collection[str] = ()) -> list[Needs]:
    """Return what each of the ways to match a pattern needs; every match goes one of them.

    Args:
        pattern: Any pattern; one that ignores case needs nothing.
        common: Words that occur in any text, so that looking for them tells little.
    """
    if pattern.flags & re.IGNORECASE:
        return [[]]
    return _reader(pattern, common).ways(list(_parser.parse(pattern.pattern, pattern.flags)))


def _reader(pattern: "re.Pattern[str]", common: Collection[str]) -> "_Reader":
    return _Reader(common, is_ascii=bool(pattern.flags & re.ASCII))


_Alternative = tuple["re.Pattern[str]", list[Needs]]
"""A main alternative of a pattern as a pattern by itself, and what the ways to match it need."""


def _alternatives(pattern: "re.Pattern[str]", common: Collection[str]) -> list[_Alternative]:
    """Return the main alternatives of a pattern, in order; itself where it has none.

    Before them stands nothing but boundaries and letters, so that a match of the whole begins where the first match
    of one of them does, and is that of the first one that matches there.
    """
    tree = _parser.parse(pattern.pattern, pattern.flags)
    items: list[_Item] = list(tree)
    place = next((place for place, (kind, _) in enumerate(items) if kind not in _SIMPLE), None)
    if place is None or items[place][0] is not op.BRANCH or pattern.flags & re.IGNORECASE:
        return [(pattern, ways_to_match(pattern, common))]
    reader = _reader(pattern, common)
    found = []
    for branch in _branches(*items[place]):
        alternative = [*items[:place], *branch, *items[place + 1 :]]
        compiled = _compiler.compile(_parser.SubPattern(tree.state, alternative), pattern.flags)
        found.append((compiled, reader.ways(alternative)))
    return found


def first_matches(alternatives: Sequence["re.Pattern[str]"], text: str, most: int) -> list["re.Match[str]"]:
    """Return the first matches of a pattern, given by those of its main alternatives that can match a text."""
    if len(alternatives) == 1:
        return list(islice(alternatives[0].finditer(text), most))
    matches: list[re.Match[str]] = []
    position = 0
    while len(matches) < most:
        found = [match for one in alternatives if (match := one.search(text, position)) is not None]
        if not found:
            break
        matches.append(min(found, key=_START))
        position = max(matches[-1].end(), matches[-1].start() + 1)
        alternatives = [match.re for match in found]
    return matches


class _Reader:
    def __init__(self, common: Collection[str], *, is_ascii: bool) -> None:
        self.common = common
        self.is_ascii = is_ascii
        self._inside: dict[int, Needs] = {}
        self._exact: dict[int, Literals | None] = {}

    def ways(self, items: list[_Item]) -> list[Needs]:
        """Return what the ways to match a pattern need: its alternatives, told apart where that tells more."""
        told: list[_Way] = []
        waiting = [_Way(self.required(items), items)]
        while waiting and len(told) + len(waiting) < _MOST_WAYS:
            waiting.sort(key=self.cost)
            way = waiting.pop()
            apart = self.apart(way) if self.cost(way) > _RARE else None
            if apart is None:
                told.append(way)
            else:
                waiting += apart
        return [way.needs for way in told + waiting]

    def apart(self, way: _Way) -> list[_Way] | None:
        """Return the alternatives of one item of a way, of that which tells most; null where none tells more."""
        best, least = None, self.cost(way)
        for place, item in enumerate(way.items):
            branches = _branches(*item)
            if 1 < len(branches) <= _MOST_WAYS:
                parts = ([*way.items[:place], *branch, *way.items[place + 1 :]] for branch in branches)
                ways = [_Way(self.required(part), part) for part in parts]
                cost = sum(min(self.cost(way), 1.0) for way in ways)
                if cost < least:
                    best, least = ways, cost
        return best

    def cost(self, way: _Way) -> float:
        """Return how likely it is, roughly, that a text holds what a way needs.

        What needs nothing itself may still need much in each of its alternatives.
        """
        return prod(min(self.chance(literals), 1.0) for literals in way.needs) if way.needs else inf

    def chance(self, literals: Literals) -> float:
        """Return how many of some literals a text holds, roughly."""
        return sum(map(self.chance_of_one, literals))

    def chance_of_one(self, literal: str) -> float:
        word = literal.strip(" .,")
        if not word:
            return inf
        if literal.isdecimal():
            return _DIGIT
        if not any(map(str.isalnum, word)):
            return _SIGN
        return _COMMON if word in self.common else _LETTERS * _RARER_BY_LETTER ** len(literal.encode())

    def rarest(self, found: Iterable[Literals]) -> Needs:
        """Return the sets that tell most: the best one, and what others tell much."""
        chances = {literals: self.chance(literals) for literals in found}
        telling = [literals for literals in chances if chances[literals] <= _USUAL]
        first, *others = sorted(telling, key=chances.__getitem__) or [_NOTHING]
        others = [literals for literals in others if chances[literals] <= _TELLING]
        return [first, *others][:_MOST_SETS] if first != _NOTHING else []

    def required(self, sequence: Iterable[_Item]) -> Needs:
        """Return the sets of literals of which every match of a sequence contains one each."""
        found: list[Literals] = []
        run = _NOTHING
        for kind, argument in sequence:
            exact = self.exact(kind, argument) if kind in _SIMPLE else _kept(self._exact, self.exact, kind, argument)
            joined = exact and {before + after for before in run for after in exact}
            if joined and len(joined) <= _MOST_LITERALS:
                run = frozenset(joined)
                continue
            found += [_shortest(run), *_kept(self._inside, self.inside, kind, argument)]
            run = exact or _NOTHING
        return self.rarest([*found, _shortest(run)])

    def inside(self, kind: Any, argument: Any) -> Needs:
        """Return what one item requires that does not stand for few strings."""
        if kind is op.SUBPATTERN and not argument[1] & re.IGNORECASE:
            return self.required(argument[3])
        if kind is op.BRANCH:
            ways = [self.required(branch) for branch in argument[1]]
            # One set of each alternative, together: the one that tells most, then the next, where there is one.
            return [
                frozenset().union(*(way[min(place, len(way) - 1)] for way in ways))
                for place in range(_MOST_SETS if all(ways) else 0)
            ]
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[0] > 0:
            return self.required(argument[2])
        return []

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

    def exact_sequence(self, sequence: Iterable[_Item]) -> Literals | None:
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


def _kept(known: dict[int, _Kept], find: Callable[[Any, Any], _Kept], kind: Any, argument: Any) -> _Kept:
    """Return what is found of an item of a parse tree, which lives as long as what is known of it."""
    if id(argument) not in known:
        known[id(argument)] = find(kind, argument)
    return known[id(argument)]


def _branches(kind: Any, argument: Any) -> list[list[_Item]]:
    """Return the alternatives that one item of a sequence stands for, itself if it is none of several."""
    if kind is op.BRANCH:
        return [list(branch) for branch in argument[1]]
    if kind is op.SUBPATTERN and not argument[1] & re.IGNORECASE:
        items = list(argument[3])
        for place, item in enumerate(items):
            if item[0] is op.BRANCH:
                return [[*items[:place], *branch, *items[place + 1 :]] for branch in item[1][1]]
    return [[(kind, argument)]]


class Prefilter:
    """Tells which of some patterns can match a text, given by their numbers.

    Sets of ways are numbers, one bit for each way, and as often as a way can have needs. A text is searched for all
    literals at once; each that it holds fulfils the first, second or third need of some ways. What is left are the
    ways of which all needs are fulfilled.
    """

    def __init__(
        self, patterns: Sequence["re.Pattern[str]"], common: Collection[str] = (), told_apart: Container[int] = ()
    ) -> None:
        """Read the patterns.

        Args:
            patterns: Any patterns.
            common: Words that occur in any text, so that looking for them tells little.
            told_apart: The numbers of patterns of which it is also told which main alternatives can match.
        """
        alternatives = [
            (number, *one)
            for number, pattern in enumerate(patterns)
            for one in (
                _alternatives(pattern, common) if number in told_apart else [(pattern, ways_to_match(pattern, common))]
            )
        ]
        ways = [(position, way) for position, (_, _, ways) in enumerate(alternatives) for way in ways]
        self._alternatives = [(number, pattern) for number, pattern, _ in alternatives]
        self._alternative_of = [position for position, _ in ways]
        self._needless = 0
        fulfilled: dict[str, int] = {}
        for position, (_, way) in enumerate(ways):
            for place in range(_MOST_SETS):
                bit = 1 << place * len(ways) + position
                if place >= len(way):
                    self._needless |= bit
                for literal in way[place] if place < len(way) else ():
                    fulfilled[literal] = fulfilled.get(literal, 0) | bit
        self._fulfilled = list(fulfilled.values())
        self._search = literal_search(list(fulfilled))
        self._fulfilled_by_line = lru_cache(maxsize=_REMEMBERED)(self._fulfilled_by)

    def candidates(self, text: str) -> list[int]:
        """Return the numbers of the patterns that can match a text, in order."""
        return list(self.possible(text))

    def possible(self, text: str) -> dict[int, list["re.Pattern[str]"]]:
        """Return the patterns that can match a text by their numbers, in order: those of their main alternatives."""
        return self._all_fulfilled(self._fulfilled_by(text))

    def candidates_in_lines(self, text: str) -> list[int]:
        """Return the same as ``candidates``, with a memory for lines; no pattern may ask for an end of a line."""
        return list(self._all_fulfilled(reduce(or_, map(self._fulfilled_by_line, text.split("\n")))))

    def _fulfilled_by(self, text: str) -> int:
        """Return the needs that a text fulfils."""
        return reduce(or_, map(self._fulfilled.__getitem__, self._search(text)), 0)

    def _all_fulfilled(self, fulfilled: int) -> dict[int, list["re.Pattern[str]"]]:
        """Return the alternatives with a way of which all needs are fulfilled."""
        fulfilled |= self._needless
        width = len(self._alternative_of)
        left = (1 << width) - 1
        for place in range(_MOST_SETS):
            left &= fulfilled >> place * width
        found: dict[int, None] = {}
        while left:
            lowest = left & -left
            left ^= lowest
            found[self._alternative_of[lowest.bit_length() - 1]] = None
        possible: dict[int, list[re.Pattern[str]]] = {}
        for position in found:
            number, pattern = self._alternatives[position]
            possible.setdefault(number, []).append(pattern)
        return possible
