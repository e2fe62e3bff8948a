"""Which of the supported languages a text is written in.

Belongs here: the choice of lexicons for a text; a text may be in two languages. Function words decide:
they are in the lexicons, need no model and are right on the few lines that an auto-reply has.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from math import lcm

from autoresponder_dagster.determination.folding import collapse, fold
from autoresponder_dagster.determination.lexicon import LANGUAGES, lexicon

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ADDRESS_OR_LINK = re.compile(r"\S*@\S+|\bhttps?:\S+|\bwww\.\S+")
_LETTERS_ONLY = {code: " " for code in range(128) if not chr(code).isalpha() and chr(code) != "'"}
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ASIAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_LONG_WORD = 5
_MOST_LETTERS = 2
"""Letters of a language's own that count as much as so many of its words."""
_LEAST_KANA, _LEAST_HAN = 3, 2
_SECOND_LANGUAGE_SHARE = 0.2
_POINTS = lcm(*range(1, len(LANGUAGES) + 1))
"""What a word is worth; the languages that have it share that, without a rest."""
_LANE = 32
"""Bits of a language's points: enough for as many words as are read."""
_REMEMBERED = 4_096
"""Lines that are remembered: most answers quote the same mailing."""


@lru_cache(maxsize=len(LANGUAGES))
def _known_words(language: str) -> frozenset[str]:
    """Return the words that tell a language: its function words, its months and the days of its week."""
    known = lexicon(language)
    return known.function_words | {word for word in (*known.months, *known.weekdays) if len(word) >= _LONG_WORD}


@lru_cache(maxsize=1)
def _letters() -> dict[str, str]:
    return {letter: language for language in LANGUAGES for letter in lexicon(language).letters}


@lru_cache(maxsize=1)
def _points() -> dict[str, int]:
    """Return the words that tell a language with what each of their languages gets for one, all in one number.

    Each language has a lane of its own in it, so that adding such numbers adds the points of all languages at once.
    """
    known = [_known_words(language) for language in LANGUAGES]
    points: dict[str, int] = {}
    for word in frozenset().union(*known):
        lanes = [lane for lane, words in enumerate(known) if word in words]
        points[word] = sum(_POINTS // len(lanes) << _LANE * lane for lane in lanes)
    return points


def _without_pieces(line: str, mark: str) -> str:
    """Return a line without the addresses or links that hold a mark."""
    kept = []
    start = 0
    found = line.find(mark)
    while found >= 0:
        piece = line.rfind(" ", 0, found) + 1
        end = line.find(" ", found)
        end = len(line) if end < 0 else end
        kept += [line[start:piece], _ADDRESS_OR_LINK.sub(" ", line[piece:end])]
        start, found = end, line.find(mark, end)
    return "".join([*kept, line[start:]])


def _words_of(folded: str) -> list[str]:
    """Return the words of a text, without those of addresses and links."""
    marks = [mark for mark in ("@", "http", "www.") if mark in folded]
    folded = collapse(folded) if marks else folded
    for mark in marks:
        folded = _without_pieces(folded, mark)
    if not folded.isascii():
        return _WORD.findall(folded)
    words = folded.translate(_LETTERS_ONLY).split()
    return (
        words
        if "'" not in folded
        else [found for word in words for found in (_WORD.findall(word) if "'" in word else (word,))]
    )


def count_function_words(folded: str, languages: Iterable[str]) -> list[int]:
    """Return how many words of a folded text are among the function words of each of some languages."""
    words = _words_of(folded)
    return [sum(map(_known_words(language).__contains__, words)) for language in languages]


@lru_cache(maxsize=_REMEMBERED)
def _points_of(line: str) -> int:
    """Return what the words of a line get, all languages in one number."""
    points = _points()
    return sum(map(points.__getitem__, filter(points.__contains__, _words_of(fold(line)))))


@lru_cache(maxsize=16)
def detect_languages(text: str) -> tuple[str, ...]:
    """Return the languages of a text, strongest first, at most three; empty where nothing tells."""
    total = sum(map(_points_of, text[:6000].split("\n")))
    lanes = ((language, total >> _LANE * lane & (1 << _LANE) - 1) for lane, language in enumerate(LANGUAGES))
    scores = {language: score for language, score in lanes if score}
    letters = Counter(map(_letters().get, _NOT_ASCII.findall(text[:3000].lower()))) if not text.isascii() else {}
    for language in filter(None, letters):
        scores[language] = scores.get(language, 0) + min(letters[language], _MOST_LETTERS) * _POINTS
    kana, han = 0, 0
    if not text.isascii() and _ASIAN.search(text, 0, 3000):
        kana, han = (len(sign.findall(text[:3000])) for sign in (_KANA, _HAN))
    if kana >= _LEAST_KANA:
        scores["ja"] = (kana + han) * _POINTS // 3
    elif han >= _LEAST_HAN:
        scores["zh"] = han * _POINTS // 2
    least = max(scores.values(), default=0) * _SECOND_LANGUAGE_SHARE
    strong = [language for language in LANGUAGES if language in scores and scores[language] >= least]
    return tuple(sorted(strong, key=lambda language: -scores[language])[:3])
