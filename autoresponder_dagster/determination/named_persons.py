"""Named persons: which of the names in a text are persons', and how long such a name is.

Belongs here: telling a person from an office, a post, a place, a firm, a relative and the sender; where a name begins
and ends, and its fullest form. Does not belong here: what part a person has (``contacts.py``), and what a name looks
like anywhere (``people.py``).
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from autoresponder_dagster.addresses import ROLE_NAMES, domain_of, is_role_mailbox
from autoresponder_dagster.determination.asian_names import is_asian, spellings_of
from autoresponder_dagster.determination.facts import Sources
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import Lexicon, Trait, name_words, terms
from autoresponder_dagster.determination.mailboxes import (
    Mailbox,
    find_mailboxes,
    local_part,
    names_match,
    spelled_words,
)
from autoresponder_dagster.determination.people import (
    FoundName,
    Identity,
    has_honorific,
    is_person_like,
    person_names,
    strip_honorifics,
)
from autoresponder_dagster.determination.titles import holds_title

REACH_BEFORE, REACH_AFTER = 70, 60
"""Characters before and after an address within which a name may be its owner's."""
_LONG_WORD = 4
_BETWEEN_WORDS = re.compile(r"[^a-z]+")
_FULL_NAME, _FULL_NAME_AND_MORE = 2, 3
"""Words of a given name and a surname, and from how many on there may be others with them."""
_ACCUSATIVE = ("ą", "ę")
"""With these letters no Polish name ends in the nominative."""
_SHORTEST_STEM, _LONGEST_ENDING, _CHANGED_STEM = 2, 4, 2
"""Letters of a declined name that stay, and that are another's in the nominative ("Markowi": "Marek")."""
_LONGEST_KIN = 40
"""Characters in which a relation is told before a name ("my younger brother")."""
_DEGREE_LETTERS = range(2, 5)
_ARTICLE = re.compile(
    r"\b(?:the|of|our|your|de|die|der|das|den|dem|la|le|les|il|lo|el|los|las|o|a|os|as|het|al|alla|du|do|da|an|zur|zum)\s$",
    re.IGNORECASE,
)
_OF_A_POST = re.compile(r"\b(?:next|new|future) $", re.IGNORECASE)
"""What stands before a post that somebody is still to get ("the next Land Steward")."""
_OFFICE_ARTICLE = re.compile(r"\b(?:the|la|el|les|los|las|de|het|il|lo|der|die|das)\s$", re.IGNORECASE)
ADDRESS_FOLLOWS = re.compile(r",? ?[(<]?[^\s@]+@")
_WITHIN = re.compile(r"(?<!vested )\b(?:in|into|within) $", re.IGNORECASE)
"""What stands before the name of a place or an office, not of a person."""
BEGINS_CLAUSE = re.compile(r"(?:^|[.;:,(–—-] ?|\b(?:and|but|und|et|y|e|en|och) )$")
_ELIDED = re.compile(r"[LD]['’][a-zà-ÿ]")
"""An article with a common noun ("L'étude"): no name."""
_TOPIC_GOES_ON = re.compile(r" [a-z]+(?: [a-z]+)?(?:[:?]| (?:are|should|can|may|go|goes|to)\b)")


def may_be_person(text: str, start: int, raw: str, sources: Sources) -> bool:
    """Tell whether a capitalised sequence can be another person: an office, a title or a noun alone is none."""
    name = strip_honorifics(raw)
    is_sender = sources.identity.is_named_in(name) and not _is_namesake(name, sources)
    if (
        (len(name) < len("Bo") and not spellings_of(name))
        or is_sender
        or _has_other_role(text, start, start + len(raw), sources)
    ):
        return False
    if _is_spelled_out(name, sources):
        return True
    if is_organization(name, sources.identity) or is_post(name, sources):
        return False
    if len(name.split()) > 1:
        return has_honorific(raw) or not _is_office_or_place(text, start, name, sources)
    return _may_be_given_name(text, start, raw, sources)


def _may_be_given_name(text: str, start: int, raw: str, sources: Sources) -> bool:
    """Tell whether one capitalised word can be a name: no title, and nothing that has an article."""
    name = strip_honorifics(raw)
    may_have_article = bool(sources.lexicons) and Trait.ARTICLE_BEFORE_NAMES in sources.lexicons[0].traits
    has_article = not may_have_article and _ARTICLE.search(text[:start]) is not None
    if has_article and any(lexicon.finds("turn_to_before", fold(text[:start])) for lexicon in sources.lexicons[:1]):
        has_article = False  # "Scrivete a Nives": what is an article elsewhere.
    is_title = holds_title(name, sources.lexicons)
    if is_title or has_article or fold(name) in ROLE_NAMES:
        return False
    # Where every noun has a capital, a single word is a name only after a form of address.
    is_german = bool(sources.lexicons) and sources.lexicons[0].language == "de"
    before = fold(text[:start]).split()
    if not is_german or has_honorific(raw):
        return True
    return (
        bool(before)
        and (
            before[-1].strip(".") in name_words("honorifics")
            # "Zuständig ist jetzt Pia (pia@…)": a noun would have an article.
            or (before[-1] in terms("before_given_name") and f"{fold(name)}@" in fold(text[start:]))
            # "Mara macht das, mara.roth@…"
            or re.search(rf"\b{re.escape(fold(name))}[._][a-z]{{3,}}@", fold(text[start + len(raw) :])) is not None
        )
    )


def _is_office_or_place(text: str, start: int, name: str, sources: Sources) -> bool:
    """Tell whether a capitalised sequence is a title in the plural or one that is vacant, or stands as a place does."""
    is_vacant = _OF_A_POST.search(text[:start]) is not None
    is_office = (name.endswith("s") or is_vacant) and _is_last_title(name, sources)
    is_place = _WITHIN.search(text[:start]) is not None and not any(
        lexicon.finds("acts_before", fold(text[:start])) for lexicon in sources.lexicons[:1]
    )
    return is_office or is_place


def _is_last_title(name: str, sources: Sources) -> bool:
    """Tell whether the last word of a name is the plural of a title ("Joint Administrators")."""
    last = fold(name.rsplit(maxsplit=1)[-1])
    found = [lexicon.finds("title_noun", last) for lexicon in sources.lexicons]
    return any(match is not None and match.group() == last for match in found)


def is_post(name: str, sources: Sources) -> bool:
    """Tell whether two capitalised words are a post and its field: a German title ("Leiter Vertrieb")."""
    words = name.split()
    titles = [lexicon.words.get("title_noun") for lexicon in sources.lexicons if lexicon.language == "de"]
    return len(words) == len(("post", "field")) and any(
        title is not None and title.fullmatch(fold(words[0])) is not None for title in titles
    )


def ends_as_post(raw: str, sources: Sources) -> bool:
    """Tell whether the last of some words with capitals is a title where titles have capitals ("Special Adviser")."""
    has_capitals = any(Trait.CAPITAL_TITLES in lexicon.traits for lexicon in sources.lexicons[:1])
    is_title = has_capitals and _is_title(raw.rpartition(" ")[2], sources.lexicons)
    return is_title and not has_honorific(raw) and not _is_spelled_out(raw, sources)


def is_organization(name: str, identity: Identity) -> bool:
    """Tell whether a name is one of an organisation, or of an office of the sender's."""
    words = [fold(word).strip(".,'") for word in name.split()]
    if any(word in name_words("organization_words") for word in words):
        return True
    if len(words) > 1 and len(words[0]) > _LONG_WORD and words[0] in ROLE_NAMES:
        return True  # "Mantenimiento Norte": what an office is called that its mailbox has its name from
    words = re.findall(r"[a-z]+", fold(name))
    domain = identity.domain_letters
    if len(words) > 1 and all(word[: max(_LONG_WORD, len(word) - _LONGEST_ENDING + 1)] in domain for word in words):
        return True  # declined: "w sprawach Drukarni Kolor" at drukarnia-kolor.example
    squeezed = "".join(words)
    return len(squeezed) >= _LONG_WORD and squeezed in domain


def _is_namesake(name: str, sources: Sources) -> bool:
    """Tell whether a full name is a relative's of the sender, with an address of its own in the own words."""
    identity = sources.identity
    words = name.split()
    if len(words) < _FULL_NAME or identity.is_given_name_in(words[0]):
        return False
    given = fold(words[0])
    if identity.local_part[:1] == given[:1] and given not in identity.local_part and identity.name is None:
        return False  # "aperera@…" may be Ann's.
    return any(
        given in fold(local_part(box.email)) or spelled_words(box.email, name) == (0, len(words))
        for box in others_boxes(sources)
    )


def _is_spelled_out(name: str, sources: Sources) -> bool:
    """Tell whether an address of another spells out a full name: then it is a person's, whatever it could be."""
    if len(name.split()) < _FULL_NAME or re.sub(r"[^a-z]", "", fold(name)) in sources.identity.domain_letters:
        return False
    box = _box_spelling(name, sources)
    # "The Board Secretariat, board@…": the first word alone makes no name of an office.
    is_first_alone = box is not None and fold(local_part(box.email)) == fold(name.split(maxsplit=1)[0])
    return box is not None and not (is_first_alone and is_organization(name, sources.identity))


def _box_spelling(name: str, sources: Sources) -> Mailbox | None:
    """Return the address of another that spells out a name from its beginning."""
    if is_asian(name):
        return next((box for box in others_boxes(sources) if names_match(box.email, name)), None)
    found = ((box, spelled_words(box.email, name)) for box in others_boxes(sources))
    return next((box for box, words in found if words is not None and words[0] == 0), None)


def has_anothers_mailbox(sources: Sources) -> bool:
    """Tell whether the header shows a full name that does not fit its address, but another one of the message."""
    identity = sources.identity
    name = strip_honorifics(identity.name or "")
    if not is_person_like(name) or names_match(identity.email or "", name):
        return False
    return _box_spelling(name, sources) is not None


@lru_cache(maxsize=2)
def others_boxes(sources: Sources) -> tuple[Mailbox, ...]:
    """Return the addresses in the own words and below them that are neither the sender's nor an office's."""
    return tuple(
        box
        for box in (
            *(box for sentence in sources.own.sentences for box in sentence.boxes),
            *find_mailboxes(sources.own.signature),
        )
        if box.email != sources.identity.email and not is_role_mailbox(box.email)
    )


def _has_other_role(text: str, start: int, end: int, sources: Sources) -> bool:
    """Tell whether a name is that of somebody who only occurs: a spouse, a signer, who set up the notice."""
    before, after = fold(text[:start]), fold(text[end:])
    if ADDRESS_FOLLOWS.match(after):
        return False  # A relative with an address may well take over.
    if sources.identity.writer is not None and is_same(text[start:end], fold(sources.identity.writer)):
        return not (sources.own.says("writer_takes_over", sources.lexicons) or _has_own_box(sources))
    if any(lexicon.finds("other_role_after", after) for lexicon in sources.lexicons):
        return True
    is_other = any(lexicon.finds("other_role_before", before) for lexicon in sources.lexicons)
    is_relative = is_other and any(lexicon.finds("kin", before[-_LONGEST_KIN:]) for lexicon in sources.lexicons)
    return is_other and not (is_relative and _has_address(text[start:end], sources))


def _has_address(name: str, sources: Sources) -> bool:
    """Tell whether an address of another begins with a given name or spells out a full one."""
    name = strip_honorifics(name)
    if len(name.split()) >= _FULL_NAME:
        return _is_spelled_out(name, sources)
    given = fold(name)
    return len(given) > 1 and any(
        _BETWEEN_WORDS.split(fold(local_part(box.email)))[0] == given for box in others_boxes(sources)
    )


def _has_own_box(sources: Sources) -> bool:
    """Tell whether whoever writes from the sender's mailbox gives an address that fits the writer's name."""
    boxes = (box for sentence in sources.own.sentences for box in sentence.boxes)
    return any(names_match(box.email, sources.identity.writer or "") for box in boxes)


def is_office(text: str, name: str, box: Mailbox, sources: Sources) -> bool:
    """Tell whether what a mailbox is called is an office or a firm: its domain's name, an acronym, with an article."""
    squeezed = re.sub(r"[^a-z]", "", fold(name))
    domain, local = (re.sub(r"[^a-z]", "", fold(part)) for part in (domain_of(box.email), local_part(box.email)))
    is_firm = len(squeezed) >= _LONG_WORD and domain.startswith(squeezed) and not names_match(box.email, name)
    before = text[: max(0, text.find(name))]
    article = _OFFICE_ARTICLE.search(before)
    # "de" is an article in Dutch and a preposition elsewhere: before a full name it makes no office.
    has_article = article is not None and (len(name.split()) == 1 or article.group().strip().lower() != "de")
    if sources.lexicons and Trait.ARTICLE_BEFORE_NAMES in sources.lexicons[0].traits:
        has_article = False  # "Falem com a Cíntia (cintia@…)"
    is_noun = squeezed == local and (has_article or name.isupper() or _WITHIN.search(before) is not None)
    # "Course enquiries: courses@…": the first of two nouns begins a line as a name does.
    begins = BEGINS_CLAUSE.search(before) is not None
    is_topic = begins and len(name.split()) == 1 and _TOPIC_GOES_ON.match(text[len(before) + len(name) :]) is not None
    return is_firm or is_noun or (is_topic and is_label(name, box)) or _ELIDED.match(name) is not None


def is_label(name: str, box: Mailbox) -> bool:
    """Tell whether one word is all that an address is called, and begins as it does: perhaps a topic ("Orders")."""
    word, local = fold(name), fold(local_part(box.email))
    is_alike = word.startswith(local) or word[:_LONG_WORD] == local[:_LONG_WORD]
    return len(name.split()) == 1 and not has_honorific(name) and is_alike


def is_word_of(name: str, box: Mailbox) -> bool:
    """Tell whether one word, in whatever form, is a word of an address."""
    word, local = fold(name), fold(local_part(box.email))
    return len(name.split()) == 1 and (word in local or word.startswith(local))


def is_same(name: str | None, other: str) -> bool:
    """Tell whether a name is, as far as it goes, the same person's as another, which is folded."""
    words = fold(name or "").split()
    return bool(words) and (words[-1] in other.split() or all(word in other.split() for word in words))


def name_near(text: str, box: Mailbox, sources: Sources) -> str | None:
    """Return the person's name that belongs to an address in a text: one that fits it, else the nearest before it."""
    names = [
        (end, strip_honorifics(name))
        for start, end, name in (without_post(found, sources) for found in person_names(text))
        if not box.start <= start < box.end and may_be_person(text, start, name, sources)
    ]
    fitting = [name for _, name in names if names_match(box.email, name)]
    if fitting:
        return max(fitting, key=lambda name: (len(name.split()), -fitting.index(name)))
    before = [name for end, name in names if end <= box.start < end + REACH_BEFORE and is_person_like(name)]
    return before[-1] if before and not is_role_mailbox(box.email) else None


def full_name(name: str | None, box: Mailbox, sources: Sources) -> str | None:
    """Return the fullest form of a name in the own words; without a name, one that fits the address."""
    longest = ""
    for sentence in sources.own.sentences:
        for start, _, raw in (without_post(found, sources) for found in sentence.names):
            full = strip_honorifics(raw)
            if len(full) <= len(longest) or (name is None and sentence.folded[:start].endswith("the ")):
                continue
            fits = (
                names_match(box.email, full)
                if name is None
                else name.split()[-1] in full.split() and len(full) > len(name)
            )
            if fits and may_be_person(sentence.text, start, raw, sources):
                longest = full
    if name is not None and not names_match(box.email, name):
        header = sources.identity.name or ""
        if is_asian(header) and names_match(box.email, header) and has_anothers_mailbox(sources):
            return header  # "Nishio has left and I take over", from Nishio's mailbox
        return _signed_name(box, sources) or longest or name
    return longest or name or _signed_name(box, sources)


def _signed_name(box: Mailbox, sources: Sources) -> str | None:
    """Return the name below the text that an address in it fits: whoever follows may have written."""
    found = (without_post(name, sources) for name in person_names(sources.own.signature))
    names = [strip_honorifics(raw) for _, _, raw in found]
    fitting = [
        name
        for name in names
        if is_person_like(name) and names_match(box.email, name) and not sources.identity.is_named_in(name)
    ]
    return fitting[0] if fitting else None


def without_post(found: FoundName, sources: Sources) -> FoundName:
    """Return a name without the words before and behind it that only have a capital, too.

    An address tells where it begins ("Plant Manager Ann Lee", "Ann Lee Port Captain"), or a form of address does.
    """
    start, _, raw = found
    words = strip_honorifics(raw).split()
    if len(words) < _FULL_NAME_AND_MORE or is_asian(raw):
        return found
    lexicons, name = sources.lexicons, " ".join(words)
    spelled = next(filter(None, (spelled_words(box.email, name) for box in others_boxes(sources))), None)
    if spelled is not None and _is_no_surname(words[spelled[0] + 1], lexicons):
        return found
    first, surname = spelled or (_length_of_title(words, lexicons), len(words))
    last = _end_of_surnames(words, surname, lexicons)
    degrees = (place for place in range(first + _FULL_NAME, last) if _is_degree(words[place], words[first]))
    name = " ".join(words[first : next(degrees, last)])
    place = raw.find(name)
    return (start + place, start + place + len(name), name) if place >= 0 and len(name) < len(raw) else found


def _end_of_surnames(words: Sequence[str], end: int, lexicons: Sequence[Lexicon]) -> int:
    """Return where a name ends of which the words up to some end are certain: a second surname may follow.

    What stands before a title is of it, where the noun comes last ("Ann Lee Port Captain").
    """
    for place in range(end, len(words)):
        if words[place].isupper() or _is_no_surname(words[place], lexicons):
            is_noun_last = any(Trait.CAPITAL_TITLES in lexicon.traits for lexicon in lexicons[:1])
            return end if is_noun_last else place
    return len(words)


def _length_of_title(words: Sequence[str], lexicons: Sequence[Lexicon]) -> int:
    """Return how many words before a full name are a title, or end with a form of address."""
    return max(
        (
            place
            for place in range(1, len(words) - 1)
            if _is_title(words[place - 1], lexicons)
            or fold(words[place - 1]).strip(".") in name_words("forms_of_address")
        ),
        default=0,
    )


def _is_title(word: str, lexicons: Sequence[Lexicon]) -> bool:
    title = fold(word)
    return any(
        "title_noun" in lexicon.words and lexicon.words["title_noun"].fullmatch(title) for lexicon in lexicons[:1]
    )


def _is_no_surname(word: str, lexicons: Sequence[Lexicon]) -> bool:
    """Tell whether a word behind a name is of a title or an organisation, not a second surname."""
    return (
        _is_title(word, lexicons) or fold(word) in name_words("organization_words") or fold(word) in name_words("posts")
    )


def _is_degree(word: str, given: str) -> bool:
    """Tell whether a word behind a name is an abbreviation, where not all of the name is in capitals."""
    return word.isupper() and len(word) in _DEGREE_LETTERS and not given.isupper()


def nominative(name: str, email: str | None) -> str:
    """Return a declined name as the address beside it spells it ("Kamila Grota": ``kamil.grot@…``), else as it is."""
    words = name.split()
    spelled = _BETWEEN_WORDS.split(fold(local_part(email or "")))
    if len(spelled) != len(words):
        return name
    found = [_with_ending(word, letters) for word, letters in zip(words, spelled, strict=True)]
    return name if None in found else " ".join(filter(None, found))


def _with_ending(word: str, letters: str) -> str | None:
    """Return a word with the ending that an address gives it; null where the two are not the same name."""
    folded = fold(word)
    if folded == letters:
        return f"{word[:-1]}{letters[-1]}" if word.endswith(_ACCUSATIVE) else word
    pairs = enumerate(zip(folded, letters, strict=False))
    same = next((place for place, (one, other) in pairs if one != other), min(len(folded), len(letters)))
    is_same = same >= _SHORTEST_STEM and len(folded) - same <= _LONGEST_ENDING and len(letters) - same <= _CHANGED_STEM
    return word[:same] + letters[same:] if is_same else None
