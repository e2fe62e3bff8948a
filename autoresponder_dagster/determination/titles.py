"""Titles: cutting what a pattern captured down to the words that matter.

Belongs here: where a title ends. Does not belong here: whose it is.
"""

import re
from collections.abc import Sequence

from autoresponder_dagster.addresses import domain_of
from autoresponder_dagster.determination.folding import collapse, fold
from autoresponder_dagster.determination.lexicon import Lexicon, Trait, name_words
from autoresponder_dagster.determination.organizations import is_own_organization
from autoresponder_dagster.determination.people import Identity

SHORTEST_TITLE, LONGEST_TITLE = 2, 90
MOST_WORDS = 11
_LIST_COMMA = 30
"""A comma within so many characters may be one of the title ("Director, Policy and Planning")."""
_SAME_BEGINNING = 8
_COMMA_OF_TITLE = re.compile(
    r", (?:[A-ZÀ-Ý]\S* (?:and|&|of) |(?:[A-ZÀ-Ý][\w&'’-]+(?: (?=[A-ZÀ-Ý&]))?(?:& )?){1,4}(?= ?$|,))"
)
_CAPITAL_AFTER_COMMA = re.compile(r", [A-ZÀ-Þ]")
_DAY_BEFORE = re.compile(r"\s*\d{1,2}(?:st|nd|rd|th|er|[.º°])?\s+(?:(?:of|de|di)\s+)?")
_REST_OF_DAY = re.compile(r"\s*(?:\d{1,2}(?:st|nd|rd|th)?\b,?\s*)?(?:(?:de\s+)?\d{4}\b,?\s*)?")
_BREAK = re.compile(r"\s[-–—]\s|--|<|\S+@|\s(?:\w{1,4}\s)?\d")
_ASIAN_BREAK = re.compile(r"[で、，]|付で|より|から|\d[日付]+")
_ARTICLE = re.compile(
    r"^(?:the|an?|your|our|new|die|der|das|neue[rn]?|als|le|la|l['’]|el|il|lo|o|a|de|het|den|nowy|nowa|ny|nya)\s+",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"(?:\s(?:the|for|to|in|as|our|of|at|di|de|del|della|der|des|von|van|do|da|du|en|em|in|bei|vid|w|i|e|y|et|und|and|och|för|für|per|pour|para|voor|dla))+$"
)
_POSSESSIVE = re.compile(r"['’]s$")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_TAIL = re.compile(
    r" (?:of|di|de|der|des|von|van|do|da|du|del|della|dell['’]|vid|for|en|bei|beim|bij|chez|presso|na|no|hos|på|at) "
    r"(?:the |la |le |el |l['’]|das |dem |der |het |de )?([A-ZÀ-Þ][\w&'’ -]*)$"
)
_DECLINED_TAIL = re.compile(r"(?<=[^\W\d_A-Z]) ([A-ZÀ-ÞŁŚŻŹĆ][\w-]+)(?: [A-ZÀ-ÞŁŚŻŹĆ][\w-]+)*$")
"""Capitalised words at the end of a title in small letters: a Polish genitive ("dyrektor Izby Morskiej")."""
_OWNER = re.compile(r"((?:[A-Z][\w.]* ){0,4}[A-Z]\w*|[a-z]+)['’]s? (?:(?:new|own|permanent|\d+th) )?(?=[A-Z])")
_FIELD = re.compile(r",| (?:of|for|and|&|in) ")
_TO = re.compile(r" to (?!the )")
_NUMBERED = re.compile(r",? (?:Ward|District|Region|Zone|Grade|Level)$")
"""What stands before a number, where the number was cut off."""
_ENDING, _STEM = 2, 3
_CAPITAL_WORD = r"(?!I['’]|It['’]s)[A-ZÀ-Þ][\w'’/&-]*"
_REST_OF_TITLE = re.compile(r"(?:[^.,;:!?()\"“”«»]|\.(?= [a-zà-ÿ])){0,60}")
"""A stop before a small letter ends a word that is cut short, no sentence ("dyrektor ds. sprzedaży")."""
_CAPITALISED = re.compile(
    r"(?<![\w@.-])(?P<determiner>(?:The|Our|Your|My|His|Her|A|An) )?"
    rf"(?P<title>{_CAPITAL_WORD}(?:,? (?:(?:of|for|and|&|the|in|to|at) ){{0,2}}{_CAPITAL_WORD}){{0,7}})"
)


def clean_title(raw: str, lexicons: Sequence[Lexicon], identity: Identity | None) -> str | None:
    """Cut a captured title at the words that end one; null if no title word is in it.

    The sender's own organisation at its end is cut off too ("Director of Confvetro").
    """
    title = raw
    for lexicon in lexicons:
        for kind in ("title_from_to", "before_title", "title_before"):
            before = lexicon.finds(kind, fold(title))
            # "Permanent Secretary" is a title, "permanent Director" a director.
            is_part = before is not None and kind == "title_before" and title[:1].isupper()
            title = title[before.end() :] if before and not is_part else title
        words = _HYPHEN.sub("_", fold(title))  # "Editor-at-Large" is one word
        stop = lexicon.words["title_stop"].search(words, 1) if "title_stop" in lexicon.words else None
        title = title[: stop.start()] if stop else title
    title = _without_day(title, lexicons)
    comma = title.find(",")
    if comma > 0 and _is_beside_title(title[:comma], title[comma:], lexicons, identity):
        title = title[comma + 1 :].lstrip()
        comma = title.find(",")
    is_of_title = comma < _LIST_COMMA and _COMMA_OF_TITLE.match(title[comma:]) and not _POSSESSIVE.search(title)
    if comma > 0 and (not is_of_title or _is_own_name(title[comma + 1 :].split(",")[0], identity)):
        title = title[:comma]
    title = _BREAK.split(title)[0]
    if any(not lexicon.has_spaces for lexicon in lexicons):
        title = _ASIAN_BREAK.split(title)[-1]
    role, _, post = title.partition(" as ")
    if post and not holds_title(role, lexicons):
        title = post
    title = _without_name(title, identity)
    shorter = _without_organization(title, identity)
    if not holds_title(title[len(shorter) :], lexicons):
        title = shorter  # "Deputy Comptroller" at comptroller.example stays whole.
    title = _without_rest(_without_owner(title, identity), lexicons)
    title = _TRAILING.sub("", _ARTICLE.sub("", collapse(title))).strip(" .,:;!-–\"'*_“”")
    if len(title) < SHORTEST_TITLE or len(title) > LONGEST_TITLE or len(title.split()) > MOST_WORDS:
        return None
    title = _NUMBERED.sub("", title)
    # "The Mayor's task force" is no title: whose it is does not count.
    own_words = re.sub(r"\w+['’]s ", "", fold(title))
    return title if holds_title(own_words, lexicons) else None


def _is_beside_title(words: str, after: str, lexicons: Sequence[Lexicon], identity: Identity | None) -> bool:
    """Tell whether what stands before a comma is no title, and what follows is ("Ann Lee, Chief Nurse")."""
    if identity is not None and identity.is_named_in(words):
        return True
    is_beside = holds_title(after, lexicons) and not holds_title(words, lexicons)
    return is_beside and words[:1].isupper() and _CAPITAL_AFTER_COMMA.match(after) is not None


def _without_owner(title: str, identity: Identity | None) -> str:
    """Cut off the organisation whose title it is ("the Association's General Secretary")."""
    owner = _OWNER.match(title)
    if owner is None or identity is None:
        return title
    name = owner.group(1)
    is_body = fold(name.rsplit(maxsplit=1)[-1]) in name_words("organization_words")
    return title[owner.end() :] if is_body or is_own_organization(name, identity) else title


def _without_rest(title: str, lexicons: Sequence[Lexicon]) -> str:
    """Cut a title with capitals off where the sentence goes on without ("Deputy Director through the summer")."""
    if not any(Trait.CAPITAL_TITLES in lexicon.traits for lexicon in lexicons[:1]) or not title[:1].isupper():
        return title
    words, links = title.split(" "), lexicons[0].terms["title_links"]
    for place, word in enumerate(words[1:], start=1):
        if not word[:1].islower() or fold(word) in links or holds_title(word, lexicons):
            continue
        if fold(words[place - 1]) not in links or any(word in lexicon.function_words for lexicon in lexicons):
            return " ".join(words[:place])
    return title


def _is_own_name(words: str, identity: Identity | None) -> bool:
    """Tell whether several words are the name of the sender's organisation; one may be a field, too."""
    return identity is not None and " " in words.strip() and is_own_organization(words, identity)


def _without_day(title: str, lexicons: Sequence[Lexicon]) -> str:
    """Cut off a day, a month or a weekday before a title ("since April Director of Sales", "2 March the Bursar")."""
    day = _DAY_BEFORE.match(title)
    first, _, rest = title[day.end() if day else 0 :].lstrip().partition(" ")
    word = fold(first).strip(",.")
    is_day = any(word in lexicon.months or (day is None and word in lexicon.weekdays) for lexicon in lexicons)
    return _REST_OF_DAY.sub("", rest, count=1) if is_day else title


def _without_name(title: str, identity: Identity | None) -> str:
    """Cut off the sender's own name behind a rank ("Sergeant First Class Ruiz")."""
    words = title.rstrip().split(" ")
    while identity is not None and len(words) > 1 and fold(words[-1]).strip(".,") in identity.tokens:
        words.pop()
    return " ".join(words)


def _without_organization(title: str, identity: Identity | None) -> str:
    tail = _TAIL.search(title)
    if identity is None or not identity.email:
        return title
    declined = _DECLINED_TAIL.search(title)
    if tail is None and declined is not None:
        stem = (
            fold(declined.group(1))[:-_ENDING]
            if len(declined.group(1)) > _ENDING + _STEM
            else fold(declined.group(1))[:_STEM]
        )
        words = re.split(r"[^a-z]+", domain_of(identity.email))
        is_own = len(stem) >= _STEM and any(word.startswith(stem) for word in words)
        return title[: declined.start()] if is_own else title
    domain = identity.domain_letters
    while tail is not None:
        name = re.sub(r"[^a-z]", "", fold(tail.group(1)))
        is_own = bool(name) and (name in domain or domain.startswith(name[:_SAME_BEGINNING]))
        if is_own or is_own_organization(tail.group(1), identity):
            return title[: tail.start()]
        tail = _TAIL.search(title, tail.start() + 1)
    return title


def titles_in(text: str, lexicons: Sequence[Lexicon]) -> list[tuple[int, int]]:
    """Return where the titles of a text stand ("Minister of State for Rivers").

    They have capitals, except in languages whose lexicon says what a title looks like.
    """
    folded = fold(text)
    small = [
        (found.start(), rest.end())
        for lexicon in lexicons[:1]
        if "title_phrase" in lexicon.words
        for found in lexicon.words["title_phrase"].finditer(folded)
        if (rest := _REST_OF_TITLE.match(text, found.end())) is not None
    ]
    return small or [
        (start + _length_of_opening(text[start:end], lexicons), end)
        for found in _CAPITALISED.finditer(text)
        if not found.group("determiner") and holds_title(found.group(), lexicons)
        for start, end in _from_to(text, *found.span("title"), lexicons)
    ]


def _from_to(text: str, start: int, end: int, lexicons: Sequence[Lexicon]) -> list[tuple[int, int]]:
    """Return two titles apart where the one becomes the other ("change Road Foreman to Road Superintendent")."""
    for joint in _TO.finditer(text, start, end):
        parts = [(start, joint.start()), (joint.end(), end)]
        if all(holds_title(text[slice(*part)], lexicons) for part in parts):
            return parts
    return [(start, end)]


def holds_title(text: str, lexicons: Sequence[Lexicon]) -> bool:
    """Tell whether a word of a title stands in some words as they are written."""
    folded = fold(text)
    return any(lexicon.finds("title_noun", folded) for lexicon in lexicons)


def names_one(title: str, lexicons: Sequence[Lexicon]) -> bool:
    """Tell whether the word of a title in some words is a singular ("Happy Nurses Week" is none)."""
    return any(
        not found.group().endswith("s")
        for lexicon in lexicons
        if "title_noun" in lexicon.words
        for found in lexicon.words["title_noun"].finditer(fold(title))
    )


def ends_as_title(title: str, lexicons: Sequence[Lexicon]) -> bool:
    """Tell whether a title ends with its noun, but for what it is the title of ("Head of …", "Director, …").

    "Interim Director Ann Lee" does not.
    """
    head = _FIELD.split(fold(title))[0]
    return any(
        found.end() == len(head)
        for lexicon in lexicons
        if "title_noun" in lexicon.words
        for found in lexicon.words["title_noun"].finditer(head)
    )


def _length_of_opening(words: str, lexicons: Sequence[Lexicon]) -> int:
    """Return how much of some words with capitals are such as begin a sentence, not a title ("I'm", "Dear")."""
    for lexicon in lexicons:
        opening = lexicon.finds("before_title", fold(words))
        if opening is not None:
            return opening.end()
    return 0
