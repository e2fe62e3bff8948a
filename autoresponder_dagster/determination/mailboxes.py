"""Mailboxes: the e-mail addresses of a text, also written around robots.

Belongs here: finding addresses and telling a person's mailbox from a role's. Does not belong here: which
of them is the new one (``facts.py``).
"""

import re
from functools import lru_cache
from typing import NamedTuple

from autoresponder_dagster.addresses import domain_of, is_role_mailbox, is_valid_email, normalize_email
from autoresponder_dagster.determination.asian_names import has_surname_of, is_asian
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import name_words
from autoresponder_dagster.determination.people import name_tokens

_LETTER = "A-Za-z0-9\u00c0-\u024f"
_ATOM = rf"[{_LETTER}_](?:[{_LETTER}_.+&'=/-]*[{_LETTER}_+&=/-])?"
_ADDRESS = re.compile(
    rf"(?<![{_LETTER}_.@+-])([=+-]?{_ATOM}@[{_LETTER}](?:[{_LETTER}-]*\.)+[A-Za-z\u00c0-\u024f]{{2,}})"
)
_AT_WORD = "at|arobase|arroba|chiocciola|kukac|ma[lł]pa|snabel-?a|apenstaartje|klammeraffe|@|a"
_AT = rf"(?:\s*[\[({{<]\s*(?:{_AT_WORD})\s*[\])}}>]\s*|\s+(?:AT|at|arobase|arroba|chiocciola)\s+|\s*＠\s*)"
_POINT = "dot|point|punkt|punto|ponto|punt|kropka"
_DOT = rf"(?:\s*[\[({{<]\s*(?:{_POINT}|\.)\s*[\])}}>]\s*|\s+(?:DOT|{_POINT})\s+|\.)"
_OBFUSCATED = re.compile(
    rf"(?<![\w.@])(?P<local>[\w+-]+(?:{_DOT}[\w+-]+){{0,4}}){_AT}(?P<domain>[\w-]+(?:{_DOT}[\w-]+){{1,5}})",
    re.IGNORECASE,
)
_OBFUSCATED_HINT = re.compile(
    r"[\[({<]\s*(?:at|arobase|arroba|chiocciola|ma[lł]pa|@|a)\s*[\])}>]|\b(?:at|arobase|arroba|chiocciola)\b.{1,60}\b(?:dot|point|punkt|punto|ponto|punt|kropka)\b|"
    r"\s(?:arobase|arroba|chiocciola)\s+[\w-]+\.|＠",
    re.IGNORECASE,
)
_DOT_WORD = re.compile(_DOT, re.IGNORECASE)
MAX_ADDRESSES = 100
_SHORT_NAME, _CUT_NAME = 3, 4
"""Letters of a name that tell something, and to which a long one may be cut (``schu`` for Schuster)."""


class Mailbox(NamedTuple):
    """An address at its place in a text."""

    email: str
    start: int
    end: int


_MAY_HOLD = re.compile(r"[@＠]|\b(?:at|arobase|arroba|chiocciola)\b|[\[(]\s*(?:a|ma[lł]pa)\s*[\])]", re.IGNORECASE)


def may_hold_mailbox(text: str) -> bool:
    """Tell cheaply whether it is worth looking for addresses in a text."""
    return "@" in text or _MAY_HOLD.search(text) is not None


@lru_cache(maxsize=256)
def find_mailboxes(text: str) -> tuple[Mailbox, ...]:
    """Return the valid addresses of a text in order; several spellings at one place count once."""
    found: list[Mailbox] = []
    for match in _ADDRESS.finditer(text):
        email = normalize_email(match.group(1).rstrip(".'-"))
        if email and is_valid_email(email) and local_part(email) not in name_words("placeholders"):
            found.append(Mailbox(email, match.start(1), match.end(1)))
        if len(found) >= MAX_ADDRESSES:
            break
    if _OBFUSCATED_HINT.search(text):
        for match in _OBFUSCATED.finditer(text):
            spelled = match.group()
            if "@" in spelled and not re.search(r"[\[({<]\s*@", spelled):
                continue
            # Unlike "at", the words of other languages for the sign are no words of running text.
            bracketed = re.search(r"[\[({<]|\s(?:arobase|arroba|chiocciola)\s", spelled) is not None or "＠" in spelled
            if not bracketed and not re.search(
                r"\s(?:dot|point|punkt|punto|ponto|punt|kropka)\s", spelled, re.IGNORECASE
            ):
                continue
            local = _DOT_WORD.sub(".", match.group("local"))
            domain = _DOT_WORD.sub(".", match.group("domain"))
            email = normalize_email(f"{local}@{domain}".replace(" ", ""))
            if email and is_valid_email(email) and all(not box.start <= match.start() < box.end for box in found):
                found.append(Mailbox(email, match.start(), match.end()))
    return tuple(sorted(found, key=lambda box: box.start))


def local_part(email: str) -> str:
    """Return the mailbox name of an address."""
    return email.rpartition("@")[0]


_NO_LETTER = re.compile(r"[^a-z]")
_BETWEEN_NAMES = re.compile(r"[\s.'’-]+")


def belongs_to_name(email: str, name: str) -> bool:
    """Tell whether a mailbox name is made of a person's name (``jdoe``, ``jane.doe``, ``doe``, ``janed``)."""
    local = _NO_LETTER.sub("", fold(local_part(email)))
    tokens = [token for token in _BETWEEN_NAMES.split(_ascii_name(name)) if token]
    known = name_tokens(name)
    tokens = [token for token in tokens if token in known or len(token) == 1]
    if not local or not tokens:
        return False
    if any(
        len(token) >= _SHORT_NAME and (token in local or (len(local) >= _SHORT_NAME and local in token))
        for token in tokens
    ):
        return True
    if any(len(token) > _CUT_NAME and token[:_CUT_NAME] in local for token in tokens):
        return True
    return len(tokens) > 1 and local == "".join(token[0] for token in tokens)


def _ascii_name(name: str) -> str:
    expanded = name.lower()
    for letter, spelling in (("ä", "a"), ("ö", "o"), ("ü", "u"), ("ß", "s")):
        expanded = expanded.replace(letter, spelling)
    return fold(expanded)


@lru_cache(maxsize=4096)
def names_match(email: str, name: str) -> bool:
    """Tell whether an address and a name fit, also in the German spelling of umlauts (``roettgers``)."""
    if is_asian(name):
        return has_surname_of(local_part(email), name)
    if belongs_to_name(email, name):
        return True
    if belongs_to_name(email, german_spelling(name)):
        return True
    # "Anh Le, ale@…": also words that are common ones elsewhere, but no such word alone ("The Board Office, board@…").
    is_one_word = fold(local_part(email)) in fold(name).split()
    return not is_one_word and (spelled_words(email, name) or (1, 0))[0] == 0


@lru_cache(maxsize=4096)
def spelled_words(email: str, name: str) -> tuple[int, int] | None:
    """Return which words of a name an address spells out: given name and surname, or an initial and the surname.

    ``Plant Manager Ann Lee`` at ``ann.lee@…`` or ``alee@…`` gives (2, 4). Where the address holds a given name alone,
    the words from there on; null where it tells nothing of where the name begins.
    """
    local = _NO_LETTER.sub("", fold(local_part(email)))
    for spelled in (name, german_spelling(name)):
        words = [_NO_LETTER.sub("", fold(word)) for word in spelled.split()]
        for start, given in enumerate(words[:-1]):
            for end in range(start + 2, len(words) + 1):
                surname = "".join(words[end - 1 : end])
                rests = {surname, "".join(words[start + 1 : end])}
                if given and surname and local in {f"{one}{rest}" for one in (given, given[0]) for rest in rests}:
                    return start, end
                if given and local in {f"{rest}{one}" for one in (given, given[0]) for rest in rests}:
                    return start, end
            if len(given) >= _SHORT_NAME and local == given:
                return start, len(words)
    return None


def german_spelling(name: str) -> str:
    """Return a name in small letters as addresses spell it where they have no umlauts (``roettgers``)."""
    german = name.lower()
    for letter, spelling in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("å", "aa"), ("ø", "oe"), ("æ", "ae")):
        german = german.replace(letter, spelling)
    return german


def shape(email: str) -> str:
    """Return the form of a mailbox name: ``f.last``, ``first.last``, ``one`` word or ``other``."""
    local = fold(local_part(email))
    if re.fullmatch(r"[a-z][._-][a-z][a-z'-]{2,}", local):
        return "f.last"
    if re.fullmatch(r"[a-z]{2,}[._][a-z][a-z'-]{1,}", local):
        return "first.last"
    return "one" if re.fullmatch(r"[a-z]+", local) else "other"


def is_personal(email: str, sender: str | None, names: list[str]) -> bool:
    """Tell whether a mailbox is a person's: by a name in the text, or by the form it shares with the sender's."""
    if is_role_mailbox(email):
        return False
    if any(names_match(email, name) for name in names):
        return True
    form = shape(email)
    if form == "f.last":
        return True
    return (
        form == "first.last"
        and sender is not None
        and shape(sender) == "first.last"
        and domain_of(sender) == domain_of(email)
        and not is_role_mailbox(sender)
        and not _begins_as_firm(email)
    )


def _begins_as_firm(email: str) -> bool:
    """Tell whether the first word of a mailbox name begins its domain, too: an office (``acme.north@acmeparks…``)."""
    first = re.split(r"[._]", local_part(email))[0]
    return len(first) > _CUT_NAME and domain_of(email).startswith(first)
