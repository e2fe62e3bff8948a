"""People: who the sender is, and whether a piece of text names that person or another.

Belongs here: names. Does not belong here: addresses as such (``mailboxes.py``).
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from autoresponder_dagster.addresses import domain_of, is_role_mailbox
from autoresponder_dagster.determination.asian_names import (
    AsianName,
    asian_names,
    has_surname_of,
    is_asian,
    is_persons,
    spellings_of,
    split_name,
)
from autoresponder_dagster.determination.folding import collapse, fold
from autoresponder_dagster.determination.lexicon import alternatives, name_words, terms

_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĻŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽ"
_TITLE = "(?:Prof|Dr|Mag|Ing|Ir|Drs|Dhr|Mw|Mevr|Hr|Fr|Mr|Mrs|Ms|Dott|Sig|Avv)\\."
_NAME_WORD = rf"(?:{_TITLE}|[{_UPPER}]\.|[{_UPPER}][^\W\d_]*(?:['’-][^\W\d_]+)*)"
# The same, but a capital comes first and then what must not stand before it: a search goes from capital to capital.
_REST_OF_TITLE = (
    r"(?:(?<=P)rof|(?<=D)(?:rs?|hr|ott)|(?<=M)(?:ag|w|evr|rs?|s)|(?<=I)(?:ng|r)|(?<=[HF])r|(?<=S)ig|(?<=A)vv)\."
)
_FIRST_WORD = rf"[{_UPPER}](?<![\w@.-].)(?:{_REST_OF_TITLE}|\.|[^\W\d_]*(?:['’-][^\W\d_]+)*)"


@lru_cache(maxsize=1)
def _name() -> "re.Pattern[str]":
    """Return the pattern of a name: words with capitals, and the particles between them.

    "Der" and "des" alone are none: "Leiter der Abteilung" is no name.
    """
    between = rf"(?:(?:{alternatives(terms('name_particles'))})[ \u00a0]+){{0,2}}"
    return re.compile(rf"{_FIRST_WORD}(?:[ \u00a0]+{between}{_NAME_WORD}){{0,4}}")


_LONGEST_TITLE = 24
_SHORT = 3
"""Letters from which on a word can identify a person."""
_MOST_WORDS = 5
_LONGEST_ENDED_NAME = 6
"""Letters up to which a word with the ending of a noun may be a name ("Heit", "Sonntag" is none)."""


@lru_cache(maxsize=1)
def _no_names() -> frozenset[str]:
    return name_words("not_names") | name_words("honorifics")


class Identity(NamedTuple):
    """The person whom a message comes from, as far as its header tells."""

    email: str | None = None
    name: str | None = None
    tokens: frozenset[str] = frozenset()
    local_part: str = ""
    aliases: frozenset[str] = frozenset()
    writer: str | None = None
    """Somebody else who writes from this person's mailbox, and says so; then "I" is not this person.

    Empty where only that is told, and not the name.
    """
    is_of_family: bool = False
    """Whether that is a relative: then "my father" may be this person."""

    @property
    def domain_letters(self) -> str:
        """The letters of this person's domain without its last label (``polarfreight``)."""
        return _NO_LETTER.sub("", domain_of(self.email or "").rpartition(".")[0])

    def is_named_in(self, text: str) -> bool:
        """Tell whether a text names this person (surname, given name, or a word of the mailbox name)."""
        return _is_named_in(self, text)

    def names(self, text: str) -> bool:
        """Tell the same, without remembering it."""
        if is_asian(text) and self._is_named_in_asian(text):
            return True
        before = ""
        for token in _TOKEN.findall(fold(text)):
            if self._knows(token) or (not token.isalpha() and any(map(self._knows, _JOINT.split(token)))):
                return True
            if token in self.tokens and before in name_words("forms_of_address"):
                return True  # "Mr Ng": so short a word is a name where a form of address stands before it.
            before = token
        return False

    def _is_named_in_asian(self, text: str) -> bool:
        """Tell whether a Chinese or Japanese text names this person, whole or by the surname alone."""
        names = asian_names(text)
        if spellings_of(text):
            names = (AsianName(0, len(text), fold(text), ""),)
        elif " " in text and is_persons(text):
            names = (AsianName(0, len(text), *split_name(text)),)
        if not is_persons(_ASIAN_TITLE.sub("", self.name or "")):
            # A name in Latin letters, or an office that writes from the person's mailbox.
            return any(
                word in self.tokens or self.local_part.startswith(word)
                for name in names
                for word in spellings_of(name.surname)
            ) or any(has_surname_of(self.local_part, name.surname) for name in names)
        surname, given = split_name(_ASIAN_TITLE.sub("", self.name or ""))
        folded = fold(text)
        if surname + given in re.sub(r"\s", "", folded):
            return True
        if any(name.surname == surname and name.given in ("", given) for name in names):
            return True
        for name in names:  # A namesake is somebody else.
            folded = folded[: name.start] + " " * (name.end - name.start) + folded[name.end :]
        is_rare = len(surname) > 1 and not spellings_of(surname)
        return (is_rare and surname in folded) or re.search(rf"\b{surname}(?:は|が|儀|も)", folded) is not None

    def _knows(self, token: str) -> bool:
        if token.endswith("s") and len(token) > _SHORT + 1 and token[:-1] in self.tokens:
            token = token[:-1]  # a genitive: "Roths Vertrag"
        is_known = token in self.tokens or token in self.aliases or (len(token) > _SHORT and token in self.local_part)
        return is_known and len(token) >= _SHORT and token not in _no_names()

    def with_aliases(self, names: Iterable[str]) -> "Identity":
        """Return this person known by further names."""
        tokens = {token for name in names for token in name_tokens(name)}
        return self._replace(aliases=self.aliases | tokens)

    def is_given_name_in(self, text: str) -> bool:
        """Tell whether a text names this person otherwise than by a surname, which relatives share."""
        if is_persons(self.name or ""):
            return bool(split_name(self.name or "")[1]) and split_name(self.name or "")[1] in fold(text)
        given = name_tokens(" ".join((self.name or "").replace(",", " ").split()[:-1]))
        return bool(given & name_tokens(text)) or (not given and self.is_named_in(text))


@lru_cache(maxsize=64)
def _is_named_in(identity: Identity, text: str) -> bool:
    """Remember what is asked again and again of one message."""
    return identity.names(text)


_ASIAN_TITLE = re.compile(r"(?:先生|女士|老师|教授|主任|经理|様|さん|氏)$|（.*?）")
_IN_BRACKETS = re.compile(r"\(.*?\)")
_NO_LETTER = re.compile(r"[^a-z]")
_JOINT = re.compile(r"['’-]")
_WORD = re.compile(r"\S+")
_LABEL_BEHIND = re.compile(rf"[ \u00a0]?:[ \u00a0](?=(?:{_TITLE} )?[{_UPPER}]\w+ [{_UPPER}])")
"""What follows a label of one word that somebody is named for."""
_ADDRESS_BESIDE = re.compile(r"[ ,:(<\u2013-]{1,4}(\w[\w.-]*@[\w.-]+)")
_SEPARATOR = re.compile(r"[._-]")
_ELIDED = re.compile(r"C['’]est|(?:L|D|All|Dell|Nell|Dall|Sull|Un|Qu)['’][a-zà-ÿ]")
"""An article or a preposition with a common noun ("L'équipe"): no name begins with it."""
_POSSESSIVE = re.compile(r"['’]s$")
_FOLDED_POSSESSIVE = re.compile(r"'s$")


@lru_cache(maxsize=1024)
def name_tokens(name: str) -> frozenset[str]:
    """Return the folded words of a name that can identify a person."""
    name = _IN_BRACKETS.sub(" ", name)
    tokens: set[str] = set()
    for token in _TOKEN.findall(fold(name)):
        tokens.update(piece for piece in [token, *_JOINT.split(token)] if len(piece) > 1)
    return frozenset(tokens - name_words("honorifics") - name_words("not_names"))


def identity_of(email: str | None, name: str | None) -> Identity:
    """Return the identity that a From header shows."""
    local = fold((email or "").partition("@")[0])
    shown = name if name and "@" not in name else None
    pieces = {piece for piece in re.split(r"[._+\-\d]+", local) if len(piece) >= _SHORT}
    return Identity(
        email=email,
        name=shown,
        tokens=(name_tokens(shown or "") - _posts(shown or "", local)) | frozenset(pieces - name_words("not_names")),
        local_part=local,
    )


def _posts(name: str, local: str) -> frozenset[str]:
    """Return the words of a post before a name ("Deputy Secretary Ann Lee"): others may have the same."""
    *before, _ = name_tokens_in_order(name) or [""]
    return frozenset(word for word in before if word in name_words("posts") and word not in local)


def name_tokens_in_order(name: str) -> list[str]:
    """Return the folded words of a name as they stand."""
    return _TOKEN.findall(fold(name))


@lru_cache(maxsize=4096)
def _is_honorific(word: str) -> bool:
    return fold(word).replace(".", "") in name_words("honorifics")


_TITLED_WORDS = 3


@lru_cache(maxsize=4096)
def strip_honorifics(name: str) -> str:
    """Return a name without leading titles and trailing degrees (``Frau Dr. Ann Lee, MPH`` → ``Ann Lee``)."""
    name = collapse(name.split(",", maxsplit=1)[0]).strip(" .,:;-–\"'()")
    words = name.split(" ")
    while len(words) > 1 and _is_honorific(words[0]):
        words = words[1:]
    if len(words) >= _TITLED_WORDS and fold(words[1]).strip(".") in name_words("forms_of_address"):
        words = words[2:]  # "Young Mr Lee"
    while len(words) > 1 and fold(words[-1]).strip(".") in {"mph", "phd", "md", "jr", "esq", "cpa", "cmp"}:
        words = words[:-1]
    return _POSSESSIVE.sub("", " ".join(words)).strip(" .,")


@lru_cache(maxsize=1)
def _title_before() -> "re.Pattern[str]":
    """Return the pattern of a form of address with a full stop or in small letters before a name ("la dott.ssa")."""
    words = "|".join(
        re.escape(word) for word in sorted(name_words("titles_before_names"), key=lambda word: (-len(word), word))
    )
    return re.compile(rf"(?:^|[\s(,;:'\"/])((?:(?:{words})[ \u00a0]+){{1,2}})$")


FoundName = tuple[int, int, str]
"""Start, end and text of a name."""


def person_names(text: str) -> tuple[FoundName, ...]:
    """Return what looks like the names of people, in order.

    Words that begin a sentence and the words of offices and weekdays are cut off the ends.
    """
    return _read_names(text)[0]


def names_before(text: str, end: int) -> tuple[FoundName, ...]:
    """Return the names in the beginning of a text: those of the whole, unless the end cuts through a name."""
    names, capitals = _read_names(text)
    if is_asian(text) or any(start < end <= stop for start, stop in capitals):
        return person_names(text[:end])
    return tuple(name for name in names if name[1] <= end)


@lru_cache(maxsize=256)
def _read_names(text: str) -> tuple[tuple[FoundName, ...], tuple[tuple[int, int], ...]]:
    """Return the names in a text, and where the words with capitals stand that were looked at."""
    names = []
    capitals = []
    folded = None
    place = 0
    while found := _name().search(text, place):
        capitals.append(found.span())
        words = list(_WORD.finditer(found.group()))
        spelled = _spelled_beside(text, found.end()) if len(words) > 1 else frozenset()
        while words and (_is_common(words[0].group(), spelled) or words[0].group()[0].islower()):
            words.pop(0)
        begins = found.start() + words[0].start() if words else found.end()
        place = found.end()
        if begins > found.start() and (again := _name().match(text, begins)) and again.end() > found.end():
            place = begins  # "April in den Händen von Dr. Ann Lee": there was no room for all of the name.
            continue
        while words and _is_no_end([word.group() for word in words], spelled):
            words.pop()
        if len(words) > 1 and len(words[0].group()) == 1 and _plain(words[1].group()) in name_words("honorifics"):
            words.pop(0)  # an article: "O Dr. Lemos"
        if not words:
            continue
        start, end = found.start() + words[0].start(), found.start() + words[-1].end()
        if text[end : end + 1] == "@":
            continue  # a mailbox name, not a name
        folded = folded or fold(text)
        name = _full_form(text, folded, start, end, spelled)
        if name is not None:
            names.append(name)
    names.extend((name.start, name.end, text[name.start : name.end]) for name in asian_names(text))
    return tuple(sorted(names)), tuple(capitals)


def _full_form(text: str, folded: str, start: int, end: int, spelled: frozenset[str]) -> FoundName | None:
    """Return the name between two places with the form of address before it, without a post; null if it is none."""
    titled = _title_before().search(folded, max(0, start - _LONGEST_TITLE), start)
    start = titled.start(1) if titled is not None else start
    start += _length_of_post(text[start:end])
    name = text[start:end]
    if _LABEL_BEHIND.match(text, end) and len(name.split(" ")) > _TITLED_WORDS - 1:
        name = name.rpartition(" ")[0]  # "Loans: Ann Lee", and in the next line "Claims: Bo Ray"
    if _is_broken(name.split(" "), spelled):
        name = _before_post(name)
    if not _POSSESSIVE.sub("", name).strip(" .") or all(len(_plain(word)) <= 1 for word in name.split(" ")):
        return None
    return start, start + len(name), name


def _before_post(name: str) -> str:
    """Return the full name before a post ("Ann Lee Interim Director", in two lines), empty where there is none."""
    words = name.split(" ")
    posts = name_words("posts") | name_words("before_posts")
    place = next((place for place, word in enumerate(words) if _is_no_name(word)), 0)
    is_named = place > 1 and _plain(words[place]) in posts and not any(_is_honorific(word) for word in words[1:place])
    return " ".join(words[:place]) if is_named else ""


def _is_broken(words: Sequence[str], spelled: frozenset[str]) -> bool:
    """Tell whether a common word stands within what looks like a name, or at its end."""
    if any(_is_common(word, spelled) and not _is_particle(word) for word in words[1:-1]):
        return True
    return len(words) > 1 and not _is_particle(words[-1]) and _is_no_end(words, spelled)


def _is_no_end(words: Sequence[str], spelled: frozenset[str]) -> bool:
    """Tell whether no name ends with the last of some words: a common one, unless it is known as a surname, too."""
    last = words[-1]
    is_surname = len(words) > 1 and _plain(last) in name_words("surnames_too") and not _is_common(words[-2], spelled)
    return last[0].islower() or (_is_common(last, spelled) and not is_surname)


def _length_of_post(name: str) -> int:
    """Return how many characters of what looks like a name are a post before a full name, or whose that person is.

    "Interim Plant Manager Ann Lee" begins with one, "Acme's Ann Lee" with a firm; without a full name behind it
    ("Manager Lee") nothing is cut off.
    """
    words = list(_WORD.finditer(name))
    full = [
        after.start()
        for word, after in pairwise(words[:-1])
        if (_plain(word.group()) in name_words("posts") or _POSSESSIVE.search(word.group()))
        and after.group()[0].isupper()
    ]
    # "Gerencia Técnica la Ing. Ann Lee": an article before a form of address begins a name.
    titled = [
        after.start()
        for word, after in pairwise(words[:-1])
        if word.group()[0].islower() and after.group().endswith(".") and len(after.group()) > _SHORT
    ]
    return max([*full, *titled], default=0)


def _is_particle(word: str) -> bool:
    """Tell whether a word stands within names; a short one also with a capital ("Ann Lo Presti")."""
    return word in _words_of_particles() or (len(word) < _SHORT and fold(word) in _words_of_particles())


@lru_cache(maxsize=1)
def _words_of_particles() -> frozenset[str]:
    return frozenset(word for particle in terms("name_particles") for word in particle.split())


def _spelled_beside(text: str, end: int) -> frozenset[str]:
    """Return the words of the personal address behind a name: no common ones ("Ola Maj (ola.maj@…)")."""
    address = _ADDRESS_BESIDE.match(text, end)
    if address is None or is_role_mailbox(address.group(1)):
        return frozenset()
    return frozenset(_SEPARATOR.split(fold(address.group(1).partition("@")[0])))


def _is_common(word: str, spelled: frozenset[str]) -> bool:
    """Tell whether a word is a common one, and not spelled out as a name's in the address beside."""
    return _ELIDED.match(word) is not None or (_is_no_name(word) and _plain(word) not in spelled)


@lru_cache(maxsize=4096)
def _is_no_name(word: str) -> bool:
    """Tell whether a capitalised word is a common one or has the ending of a noun."""
    plain = _plain(word)
    return plain in name_words("not_names") or (len(plain) > _LONGEST_ENDED_NAME and plain.endswith(_noun_endings()))


@lru_cache(maxsize=1)
def _noun_endings() -> tuple[str, ...]:
    return tuple(sorted(name_words("noun_endings")))


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    return _FOLDED_POSSESSIVE.sub("", fold(word)).strip(".,:;'\"")


@lru_cache(maxsize=1)
def _preposition() -> "re.Pattern[str]":
    return re.compile(rf"\b(?:{alternatives(terms('prepositions'))})['’ ]\s*$")


def follows_preposition(text: str, start: int) -> bool:
    """Tell whether a name is the object of a preposition or has an article: then it is no subject."""
    return _preposition().search(fold(text[max(0, start - 12) : start])) is not None


def has_honorific(name: str) -> bool:
    """Tell whether a name begins with a form of address or an academic title."""
    words = name.split()
    return len(words) > 1 and _is_honorific(words[0])


def is_person_like(name: str) -> bool:
    """Tell whether a capitalised sequence is of the form of a full name or has an honorific."""
    words = name.split()
    if has_honorific(name) or is_asian(name):
        return True
    plain = [word for word in words if not _is_honorific(word)]
    return 1 < len(plain) <= _MOST_WORDS and not any(word.isupper() and len(word) > _SHORT for word in plain)
