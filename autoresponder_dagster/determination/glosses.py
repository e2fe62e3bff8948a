"""Glosses: English for the words and phrases of the other languages, as automatic replies use them.

Belongs here: reading ``lexicons/glosses_<language>.tsv`` and putting the English in the place of the words. Does not
belong here: what follows from it (``features.py`` shows both to the learned reader). Most examples are English; what
was learned of "retired" so holds for "en retraite" too. A row is a word or a phrase and its English, between them a
tab. To teach a word, add a row; the longest phrase that fits wins.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import LANGUAGES, read_data_file
from autoresponder_dagster.errors import ConfigurationError

GLOSSED = tuple(language for language in LANGUAGES if language != "en")
_REMEMBERED = 1_024
"""Sentences that are remembered."""
TOKEN = re.compile(r"[#%@][a-z_]+|[\u3040-\u30ff\u4e00-\u9fff]|[^\W\d_]+(?:'[a-z]+)?|[?!]")
"""What the learned reader takes for a word, in folded text: a sign of Japanese or Chinese is one, too."""
OF_SUBJECT = "subject:"
"""What stands before the words of a subject line."""

Words = tuple[str, ...]


class Glosses(NamedTuple):
    """What is known of a language: English by phrase, and how long phrases with a first word are, longest first."""

    english: Mapping[Words, Words]
    lengths: Mapping[str, Sequence[int]]


def read_glosses(text: str, name: str) -> Glosses:
    """Read a file of glosses.

    Raises:
        ConfigurationError: a row is not a phrase and its English; the message names the row and the cure.
    """
    rows: dict[Words, Words] = {}
    for number, line in enumerate(text.splitlines(), 1):
        phrase, *english = (tuple(TOKEN.findall(fold(column))) for column in line.split("\t"))
        if not phrase or len(english) != 1 or not english[0]:
            raise ConfigurationError(f"lexicons/{name}, line {number}: write a phrase, a tab and its English.")
        if phrase in rows:
            raise ConfigurationError(f"lexicons/{name}, line {number}: {' '.join(phrase)!r} has a row already.")
        rows[phrase] = english[0]
    lengths: dict[str, set[int]] = {}
    for phrase in rows:
        lengths.setdefault(phrase[0], set()).add(len(phrase))
    return Glosses(rows, {first: sorted(found, reverse=True) for first, found in lengths.items()})


@lru_cache(maxsize=len(LANGUAGES))
def glosses(language: str) -> Glosses:
    """Return the glosses of one of the languages that have some, read once per process."""
    name = f"glosses_{language}.tsv"
    return read_glosses(read_data_file(name), name)


@lru_cache(maxsize=_REMEMBERED)
def in_english(words: Words, language: str) -> Words:
    """Return the words of a sentence with their English in their place; nothing where no word has any.

    Remembered: without names and days many sentences are alike.
    """
    return glossed(words, glosses(language))


def glossed(words: Words, known: Glosses) -> Words:
    """Put what is known into the place of words and phrases; nothing where no word is known.

    Marks stay as they are: of the ends of a sentence, of names, addresses and days, and of a subject line.
    """
    mark = OF_SUBJECT if words[:1] and words[0].startswith(OF_SUBJECT) else ""
    plain = tuple(word.removeprefix(mark) for word in words)
    pieces = list(_pieces(plain, known))
    if not any(is_english for _, is_english in pieces):
        return ()
    return tuple(f"{mark}{word}" for piece, _ in pieces for word in piece)


def _pieces(words: Words, known: Glosses) -> Iterator[tuple[Words, bool]]:
    """Return what the words of a sentence are replaced by, piece by piece, and whether that is English."""
    place = 0
    while place < len(words):
        phrases = (words[place : place + length] for length in known.lengths.get(words[place], ()))
        phrase = next((phrase for phrase in phrases if phrase in known.english), None)
        yield (words[place : place + 1], False) if phrase is None else (known.english[phrase], True)
        place += 1 if phrase is None else len(phrase)
