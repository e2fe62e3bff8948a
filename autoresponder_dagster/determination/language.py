"""Which of the supported languages a text is written in.

Belongs here: the choice of lexicons for a text; a text may be in two languages. Function words decide:
they are in the lexicons, need no model and are right on the few lines that an auto-reply has.
"""

import re
from functools import lru_cache

from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import LANGUAGES, lexicon

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ADDRESS_OR_LINK = re.compile(r"\S*@\S+|\bhttps?:\S+|\bwww\.\S+")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LEAST_KANA, _LEAST_HAN = 3, 2
_SECOND_LANGUAGE_SHARE = 0.2


@lru_cache(maxsize=1)
def _words() -> dict[str, tuple[str, ...]]:
    words: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for word in lexicon(language).function_words:
            words.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in words.items()}


@lru_cache(maxsize=16)
def detect_languages(text: str) -> tuple[str, ...]:
    """Return the languages of a text, strongest first, at most three; empty where nothing tells."""
    scores: dict[str, float] = {}
    known = _words()
    folded = fold(text[:6000])
    if any(mark in folded for mark in ("@", "http", "www.")):
        folded = _ADDRESS_OR_LINK.sub(" ", folded)
    for word in _WORD.findall(folded):
        languages = known.get(word)
        if languages:
            for language in languages:
                scores[language] = scores.get(language, 0.0) + 1.0 / len(languages)
    kana, han = len(_KANA.findall(text[:3000])), len(_HAN.findall(text[:3000]))
    if kana >= _LEAST_KANA:
        scores["ja"] = (kana + han) / 3
    elif han >= _LEAST_HAN:
        scores["zh"] = han / 2
    ranked = sorted(scores, key=lambda language: (-scores[language], LANGUAGES.index(language)))
    return tuple(language for language in ranked[:3] if scores[language] >= scores[ranked[0]] * _SECOND_LANGUAGE_SHARE)
