"""People: who the sender is, and whether a piece of text names that person or another.

Belongs here: names. Does not belong here: addresses as such (``mailboxes.py``).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from autoresponder_dagster.determination.folding import collapse, fold

_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PARTICLES = (
    "de|del|della|di|da|do|dos|das|van|von|der|den|ten|ter|la|le|el|al|bin|ibn|af|av|zu|zum|zur|du|des|st\\.|y|e"
)
_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĻŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽ"
_PARTICLE = re.compile(_PARTICLES)
_NAME_WORD = rf"(?:[{_UPPER}][^\W\d_]*(?:['’-][^\W\d_]+)*|[{_UPPER}]\.)"
NAME = re.compile(rf"(?<![\w@.-]){_NAME_WORD}(?:[ \u00a0]+(?:(?:{_PARTICLES})[ \u00a0]+){{0,2}}{_NAME_WORD}){{0,4}}")
_HONORIFICS = frozenset(
    "mr mrs ms miss mx dr prof professor sir dame rev hon dott dottoressa dottssa sig signor signora ing avv arch herr frau hr fr m mme mlle "
    "me maitre monsieur madame sr sra srta don dona dra dhr mevr mevrouw meneer heer de pan pani mgr inz dipl hab ra herrn doktor doctor "
    "commissioner dean judge senator chief captain col lt sgt sgt maj father sister brother mag phd md mph cpa cmp esq jr iii ii".split()
)
_NOT_NAMES = frozenset(
    "i the this that these please thank thanks hello hi dear we our my your his her for if in on at to from as with and or but all any "
    "email mail e-mail office department team university college school hospital association society board council county city state agency "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december "
    "director manager president chief officer vice executive deputy associate assistant senior junior head chair interim acting coordinator "
    "sehr geehrte guten tag liebe bitte ihre ihr sie ich wir mein meine bei fur das die der ein eine am ab im zum mit seit "
    "bonjour merci vous je nous le la les un une pour en el los las por para su sus usted gracias hola estimado estimada "
    "beste geachte dag ik wij het een hej tack jag vi du ni dzien dobry szanowni panstwo prosze prosimy w z "
    "prezados prezado caro cara caros ola obrigado gentile gentili buongiorno salve grazie il lo gli "
    "urgent matters questions regards sincerely best kind inquiries enquiries tel fax phone mobile cell direct contact new old re fwd aw "
    "he she they it its their there here until till when while since after before effective during currently unfortunately".split()
)


@dataclass(frozen=True)
class Identity:
    """The person whom a message comes from, as far as its header tells."""

    email: str | None = None
    name: str | None = None
    tokens: frozenset[str] = field(default_factory=frozenset)
    local_part: str = ""
    aliases: frozenset[str] = field(default_factory=frozenset)

    def is_named_in(self, text: str) -> bool:
        """Tell whether a text names this person (surname, given name, or a word of the mailbox name)."""
        folded = fold(text)
        if self.name and any("\u2e80" <= character for character in self.name):
            compact = re.sub(r"\s", "", self.name)
            if compact and compact in re.sub(r"\s", "", text):
                return True
        for token in _TOKEN.findall(folded):
            if self._knows(token) or any(self._knows(piece) for piece in re.split(r"['’-]", token)):
                return True
        return False

    def _knows(self, token: str) -> bool:
        if len(token) < 3 or token in _NOT_NAMES or token in _HONORIFICS:
            return False
        return token in self.tokens or token in self.aliases or (len(token) >= 4 and token in self.local_part)

    def with_aliases(self, names: Iterable[str]) -> "Identity":
        """Return this person known by further names."""
        tokens = {token for name in names for token in name_tokens(name)}
        return Identity(self.email, self.name, self.tokens, self.local_part, self.aliases | tokens)


def name_tokens(name: str) -> frozenset[str]:
    """Return the folded words of a name that can identify a person."""
    name = re.sub(r"\(.*?\)", " ", name)
    tokens = set()
    for token in _TOKEN.findall(fold(name)):
        tokens.update(piece for piece in [token, *re.split(r"['’-]", token)] if len(piece) >= 2)
    return frozenset(tokens - _HONORIFICS - _NOT_NAMES)


def identity_of(email: str | None, name: str | None) -> Identity:
    """Return the identity that a From header shows."""
    local = fold((email or "").partition("@")[0])
    shown = name if name and "@" not in name else None
    pieces = {piece for piece in re.split(r"[._+\-\d]+", local) if len(piece) >= 3}
    return Identity(
        email=email, name=shown, tokens=name_tokens(shown or "") | frozenset(pieces - _NOT_NAMES), local_part=local
    )


def strip_honorifics(name: str) -> str:
    """Return a name without leading titles and trailing degrees (``Frau Dr. Ann Lee, MPH`` → ``Ann Lee``)."""
    name = collapse(name.split(",")[0]).strip(" .,:;-–\"'()")
    words = name.split(" ")
    while len(words) > 1 and fold(words[0]).strip(".") in _HONORIFICS:
        words = words[1:]
    while len(words) > 1 and fold(words[-1]).strip(".") in {"mph", "phd", "md", "jr", "esq", "cpa", "cmp"}:
        words = words[:-1]
    return re.sub(r"['’]s$", "", " ".join(words)).strip(" .,")


def person_names(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and text of what looks like the names of people, in order.

    Words that begin a sentence and the words of offices and weekdays are cut off the ends.
    """
    names = []
    for found in NAME.finditer(text):
        words = list(re.finditer(r"\S+", found.group()))
        while words and _plain(words[0].group()) in _NOT_NAMES:
            words.pop(0)
        while words and _plain(words[-1].group()) in _NOT_NAMES:
            words.pop()
        if not words:
            continue
        start, end = found.start() + words[0].start(), found.start() + words[-1].end()
        if text[end : end + 1] == "@":
            continue  # a mailbox name, not a name
        name = text[start:end]
        if any(_plain(word) in _NOT_NAMES and not _PARTICLE.fullmatch(word) for word in name.split(" ")[1:]):
            continue
        if re.sub(r"['’]s$", "", name).strip(" .") and not all(len(_plain(word)) <= 1 for word in name.split(" ")):
            names.append((start, end, name))
    return names


def _plain(word: str) -> str:
    return re.sub(r"'s$", "", fold(word)).strip(".,:;'\"")


_PREPOSITION = re.compile(
    r"\b(?:at|of|from|with|for|to|in|by|on|the|bei|beim|von|vom|aus|zu|zum|zur|an|im|am|chez|de|du|des|d|au|aux|en|dans|por|para|con|del|al|a|ao|da|do|"
    r"na|no|di|presso|dal|dalla|della|alla|nella|bij|van|naar|voor|aan|hos|vid|till|w|z|ze|do|u)['\u2019 ]\s*$",
    re.IGNORECASE,
)


def follows_preposition(text: str, start: int) -> bool:
    """Tell whether a name is the object of a preposition or has an article: then it is no subject."""
    return _PREPOSITION.search(text[max(0, start - 12) : start]) is not None


def has_honorific(name: str) -> bool:
    """Tell whether a name begins with a form of address or an academic title."""
    words = name.split()
    return len(words) >= 2 and fold(words[0]).strip(".") in _HONORIFICS


def is_person_like(name: str) -> bool:
    """Tell whether a capitalised sequence is of the form of a full name or has an honorific."""
    words = name.split()
    if has_honorific(name):
        return True
    plain = [word for word in words if _plain(word) not in _HONORIFICS]
    return 2 <= len(plain) <= 5 and not any(word.isupper() and len(word) > 3 for word in plain)
