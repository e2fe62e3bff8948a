r"""Folding: the spelling-tolerant form of a text in which lexicon patterns are matched.

Belongs here: character-level normalisation that keeps offsets. Folded text is lower-case and without
accents and has exactly the length of the original, so that a match in it names a span of the original.
Latin letters fold to ASCII, which makes ``\\b`` and ``\\w`` mean the same in ``re`` and in RE2.
"""

import re
import unicodedata

_REPLACED = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u02bc": "'", "\u00b4": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u00df": "s", "\u0142": "l", "\u0141": "l", "\u00f8": "o", "\u00d8": "o", "\u0131": "i",
    "\u00e6": "e", "\u00c6": "e", "\u0153": "e", "\u0152": "e", "\u0111": "d", "\u0110": "d",
    "\u00f0": "d", "\u00fe": "t", "\u00ba": "o", "\u00aa": "a",
}  # fmt: skip
_END_OF_LATIN = "\u0250"
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def _fold_character(character: str) -> str:
    replaced = _REPLACED.get(character)
    if replaced is not None:
        return replaced
    wide = unicodedata.normalize("NFKC", character)
    base = unicodedata.normalize("NFD", wide if len(wide) == 1 else character)
    if len(base) > 1 and all(unicodedata.combining(mark) for mark in base[1:]) and base[0] < _END_OF_LATIN:
        base = base[0]
    elif len(base) > 1:
        base = character
    lowered = base.lower()
    return lowered if len(lowered) == 1 else base


class _Folding(dict[int, str]):
    """What each character folds to, by its number: filled as characters occur."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Return ``text`` lower-cased and without accents, character by character (same length)."""
    if text.isascii():
        return text.lower()
    return text.translate(_FOLDING)


def clean(text: str) -> str:
    r"""Return ``text`` composed (NFC), without control and invisible characters; line ends become ``\\n``."""
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _UNWANTED.sub("", text.replace("\u00a0", " ").replace("\u3000", " ").replace("\u2028", "\n"))


def collapse(text: str) -> str:
    """Return ``text`` on one line, with single spaces."""
    return " ".join(text.split())
