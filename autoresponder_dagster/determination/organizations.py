"""Organisations: the names that a text gives them.

Belongs here: cutting a captured name to its end, telling the sender's own organisation from another, and
finding the name that a domain is made of. Does not belong here: whether the sender left for one or works in
one that was renamed (``sender_facts.py``, ``changes.py``).
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from autoresponder_dagster.addresses import domain_of
from autoresponder_dagster.determination.asian_names import is_asian
from autoresponder_dagster.determination.folding import collapse, fold
from autoresponder_dagster.determination.lexicon import Lexicon, alternatives, name_words, terms
from autoresponder_dagster.determination.people import Identity

LONGEST_ORGANIZATION = 120
_LONG_WORD = 4
_MOST_WORDS = 8
_LEAST_INITIALS = 3
"""Initials from which on an abbreviation alone tells whose domain it is ("uls.example")."""
_NO_LETTER = re.compile(r"[^a-z0-9]")
_DATE_BEHIND = re.compile(
    r"\s(?:\S{1,3}\s)?\d{1,2}(?:[.ºª°]|er|e)?\s(?:\S{1,3}\s)?[^\W\d]{3,}|\s(?:\S{1,3}\s)?\d{1,2}[./]\d"
)
"""A day of the calendar: no part of a name ("Banco Sur el 1 de mayo")."""
_ASIAN_END = re.compile(
    fold(r"(?:[社馆館所会院校团庁厅局店厂室司行学]|集团|大学|中心|传媒|科技|咨询|プレス|グループ)$")
)
"""What the name of an organisation ends with in Chinese and Japanese."""
_SIGNS = " .,:;!-–—\"'“”„«»「」*_"
_CAPITAL = r"[A-ZÀ-ÖØ-ÞĀ-Ž][\w&'’-]*"


def clean_organization(raw: str, lexicons: Sequence[Lexicon]) -> str | None:
    """Cut a captured organisation at the words that end one; null if it does not begin as a name does."""
    folded = fold(f"{raw} ")
    ends = [found.start() for lexicon in lexicons if (found := lexicon.finds("organization_stop", folded))]
    ends += [found.start() for found in (_DATE_BEHIND.search(folded), _second_clause().search(raw)) if found]
    name = collapse(raw[: min(ends, default=len(raw))]).strip(_SIGNS)
    article = _article().match(fold(name))
    name = name[article.end() :].strip(_SIGNS) if article else name
    words = name.split(" ")
    is_named_kind = len(words) > 1 and fold(words[0]) in terms("organization_nouns") and words[1][:1].isupper()
    begins_as_name = name[:1].isupper() or name[:1].isdigit() or is_asian(name[:1]) or is_named_kind
    return name[:LONGEST_ORGANIZATION] if begins_as_name and len(name) > 1 and "@" not in name else None


@lru_cache(maxsize=1)
def _second_clause() -> "re.Pattern[str]":
    """Return the pattern of what ends a name: "and" does where no further name follows."""
    return re.compile(rf"[,;(]|\s(?:{alternatives(terms('conjunctions'))})\s(?=[a-zà-ÿ])")


@lru_cache(maxsize=1)
def _preposition() -> "re.Pattern[str]":
    """Return the pattern of a preposition before a name with a capital, with or without an article."""
    return re.compile(
        rf"\b(?:{alternatives(terms('prepositions'))})(?: (?:{alternatives(terms('articles'))}))?[ '’](?=[A-ZÀ-ÖØ-Þ])"
    )


@lru_cache(maxsize=1)
def _article() -> "re.Pattern[str]":
    return re.compile(rf"(?:{alternatives(terms('articles'))})\s+|(?:{alternatives(terms('elided_articles'))})['’]\s?")


def names_an_organization(name: str) -> bool:
    """Tell whether a word of a name is one of organisations ("Nordwind Energie", "Prensa Azul")."""
    if is_asian(name):
        return _ASIAN_END.search(fold(name)) is not None
    known = name_words("organization_words") | terms("organization_nouns")
    return any(word.strip(".,'") in known for word in re.split(r"[\s'’-]+", fold(name)))


def organizations_in(text: str, lexicons: Sequence[Lexicon]) -> list[str]:
    """Return the names in a text that follow a preposition and hold a word of firms ("at Orion Press").

    What a unit of an organisation can be called, too ("Communications"), is no such word; nor is "Logistics" behind
    what stands before the field of a title ("Director of Export Logistics", "of Public Safety for Plains County").
    """
    found = []
    for preposition in _preposition().finditer(text):
        name = clean_organization(text[preposition.end() :].split(".", maxsplit=1)[0], lexicons)
        is_before_field = _listed("before_fields", preposition.group().split(), lexicons)
        if name is not None and (_is_named_firm(name, lexicons) if is_before_field else is_firm(name, lexicons)):
            found.append(name)
    return found


def is_firm(name: str, lexicons: Sequence[Lexicon]) -> bool:
    """Tell whether one of several words of a name is one of firms, and of nothing within a firm."""
    words = _words(name)
    return len(words) > 1 and any(_listed(kind, words, lexicons) for kind in ("firms", "firms_or_fields"))


def _is_named_firm(name: str, lexicons: Sequence[Lexicon]) -> bool:
    """Tell whether one of the words with which a name begins is one of firms, and can be no field of a title."""
    words = _words(name)
    links = (place for place, word in enumerate(words) if _listed("before_fields", [word], lexicons))
    return len(words) > 1 and _listed("firms", words[: next(links, None)], lexicons)


def _words(name: str) -> list[str]:
    return re.split(r"[\s.,'’-]+", fold(name))


def _listed(kind: str, words: Sequence[str], lexicons: Sequence[Lexicon]) -> bool:
    return any(word in lexicon.terms.get(kind, ()) for lexicon in lexicons for word in words)


def is_own_organization(name: str, identity: Identity) -> bool:
    """Tell whether the sender's domain is made of the words of a name, but for its kind ("Institute")."""
    words = [word for word in re.findall(r"[a-z]+", fold(name)) if len(word) >= _LONG_WORD]
    kinds = name_words("organization_words")
    telling = [word for word in words if word not in kinds] or words
    return bool(telling) and all(word in identity.domain_letters for word in telling[:2])


def names_own_organization(name: str, identity: Identity, shortest: int = _LONG_WORD) -> bool:
    """Tell whether a word of what looks like a name is in the sender's domain ("Saí da Orvial").

    ``shortest`` is the least length of such a word.
    """
    domain = identity.domain_letters
    return any(len(word) >= shortest and word in domain for word in re.findall(r"[a-z]+", fold(name)))


def organization_of_domain(text: str, domain: str, identity: Identity) -> str | None:
    """Return the name in a text that a domain is made of ("Polar Freight": polarfreight.example).

    Words may stand for their initials ("Unidade Local de Saúde da Costa": ulscosta.example).
    """
    home = _NO_LETTER.sub("", domain_of(identity.email or ""))
    labels = [_NO_LETTER.sub("", label) for label in domain.split(".")[:-1]]
    for found in _names().finditer(text):
        words = list(re.finditer(r"\S+", found.group()))[:_MOST_WORDS]
        for first, word in enumerate(words):
            if not word.group()[:1].isupper():
                continue
            letters = [_NO_LETTER.sub("", _article().sub("", fold(rest.group()))) for rest in words[first:]]
            if any(_is_made_of(label, letters, home) for label in labels):
                name = found.group()[word.start() :].strip(_SIGNS)
                if not _is_person(name, identity) and not is_own_organization(name, identity):
                    return name
    return None


def _is_person(name: str, identity: Identity) -> bool:
    """Tell whether a name is nothing but the sender's: a firm may hold it beside other words ("Satzwerk Roth")."""
    return all(fold(word).strip(_SIGNS) in identity.tokens for word in name.split(" "))


def _is_made_of(label: str, words: Sequence[str], home: str) -> bool:
    joined = "".join(words)
    rest = label[len(joined) :]
    # What the sender's own domain has, too, makes the name that of a partner ("Calmel" in calmelravel.example).
    begins = len(joined) > _LONG_WORD and label.startswith(joined) and (len(rest) < _LONG_WORD or rest not in home)
    return begins or (len(label) >= _LEAST_INITIALS and _spells(label, words))


@lru_cache(maxsize=1)
def _names() -> "re.Pattern[str]":
    """Return the pattern of a capitalised sequence, with the small words that stand within a name."""
    small = rf"(?:(?:{alternatives(terms('small_words_in_names'))}|&) ){{0,2}}"
    elided = rf"(?:(?:{alternatives(terms('elided_articles'))})['’])?"
    return re.compile(rf"(?<![\w@.-]){_CAPITAL}(?: {small}{elided}{_CAPITAL})*")


def _spells(label: str, words: Sequence[str], *, initials: int = 0, has_word: bool = False) -> bool:
    """Tell whether a domain label is made of words, or of their initials, in order; small words may be left out."""
    if not label:
        return has_word or initials >= _LEAST_INITIALS
    if not words or not words[0]:
        return bool(words) and _spells(label, words[1:], initials=initials, has_word=has_word)
    word, rest = words[0], words[1:]
    if label.startswith(word) and _spells(
        label[len(word) :], rest, initials=initials, has_word=has_word or len(word) >= _LONG_WORD
    ):
        return True
    if label[0] == word[0] and _spells(label[1:], rest, initials=initials + 1, has_word=has_word):
        return True
    is_small = word in terms("small_words_in_names")
    return is_small and _spells(label, rest, initials=initials, has_word=has_word)
