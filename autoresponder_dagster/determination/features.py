"""Features: what a learned reader sees of a message.

Belongs here: turning a reading into words and facts that mean the same in every message: whose name,
whose address, a day past or to come. Does not belong here: weighing them (``learned.py``).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain, islice, pairwise
from typing import NamedTuple

from autoresponder_dagster.addresses import domain_of, is_role_mailbox
from autoresponder_dagster.determination.contacts import Contact
from autoresponder_dagster.determination.dates import FUTURE, StatedDate
from autoresponder_dagster.determination.facts import Sources, is_own_address
from autoresponder_dagster.determination.glosses import GLOSSED, OF_SUBJECT, TOKEN, in_english
from autoresponder_dagster.determination.mailboxes import local_part, names_match, shape
from autoresponder_dagster.determination.own_words import Sentence
from autoresponder_dagster.determination.people import is_person_like, person_names
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.writers import is_signed_by, signer

_SOON = 45
"""Days until which a day to come is soon: an absence rather than anything else."""
STEM = 5
"""Letters that are left of a long word where its ending is cut off."""
_LEAD = 2
"""So many sentences below the subject line tell the news more often than the others do."""
_SHORT_WORD = 2
"""Letters of a word that tells hardly anything in whatever company."""
_MOST_COUNTED = 3
_KINDS = "#%@"
"""First characters of what stands for a day or number, a name, an address."""
_BEGIN, _BEGIN_OF_OWN, _END = "^", "^own", "$"
"""Marks of the ends of a sentence; the second begins one in which the sender speaks in the first person."""
_COMPANY = {
    "first_person": {_BEGIN_OF_OWN},
    "sender": {"%sender"},
    "somebody": {"%person", "%name"},
    "day_to_come": {"#soon", "#later", "#weekday"},
    "day_past": {"#past", "#today"},
    "address": {"@same", "@role", "@own_here", "@own_elsewhere", "@person", "@other", "@link"},
}
"""What a sentence can hold beside a word."""
_NO_COMPANY = "nothing"
_PERSONAL_SHAPES = ("f.last", "first.last")
_LINK = re.compile(r"\b(?:https?:|www\.)\S+")
_NUMBER = re.compile(r"\d[\d.,:/-]*")
_ADDRESS = re.compile(r"\S+@\S+")
_WORD = re.compile(r"[^\W\d_]+")


class Features(NamedTuple):
    """What one message shows.

    ``sentences`` are the words of each sentence between marks of its ends; of each count the words, the pairs of
    them, the same without their endings, so that a form which no example holds is known by its stem, and the words
    in their company (``of_sentence``). ``of_message`` are features of the message as a whole. ``in_english`` are the
    same sentences with the English that their words have, so that they are known by what English examples taught;
    empty where they have none.
    """

    sentences: tuple[tuple[str, ...], ...]
    of_message: frozenset[str]
    in_english: tuple[tuple[str, ...], ...] = ()

    def all(self) -> frozenset[str]:
        """Return every feature once, as text."""
        return self.of_message.union(*map(of_sentence, self.read()))

    def read(self) -> list[tuple[str, ...]]:
        """Return the sentences as they are, and those that have English in English, too."""
        return [*self.sentences, *filter(None, self.in_english)]


def of_sentence(words: Sequence[str]) -> list[str]:
    """Return the features of a sentence: its words and pairs of words, also without endings, and their company."""
    stems = without_endings(words)
    found = in_company(words, stems)
    for form in (words, stems):
        found += form
        found += [f"{word} {following}" for word, following in pairwise(form)]
    return found


def in_company(words: Sequence[str], stems: Sequence[str]) -> list[str]:
    """Return the stems of a sentence with what else it holds: to leave something with somebody is no departure."""
    company = [name for name, marks in _COMPANY.items() if not marks.isdisjoint(words)] or [_NO_COMPANY]
    told = [stem for word, stem in zip(words, stems, strict=True) if word.isalpha() and len(word) > _SHORT_WORD]
    return [f"with_{name}:{stem}" for name in company for stem in told]


def without_endings(words: Sequence[str]) -> list[str]:
    """Return words cut to their stems; what stands for a name, an address or a day stays as it is."""
    return list(map(stem, words))


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """Return a word cut to its stem, so that other forms of it are known, too."""
    mark, separator, plain = word.rpartition(":")
    return word if word[0] in _KINDS or len(plain) <= STEM else f"{mark}{separator}{plain[:STEM]}~"


def features(reading: Reading) -> Features:
    """Return the features of a reading: the words of its sentences, and what its other stages found."""
    sources = reading.sources
    sentences = tuple(tuple(_words(sentence, sources)) for sentence in sources.own.sentences)
    language = sources.lexicons[0].language if sources.lexicons else None
    english = tuple(in_english(words, language) for words in sentences) if language in GLOSSED else ()
    of_message = [*_of_message(reading, list(chain(*sentences))), *_leading(sentences), *_leading(english)]
    return Features(sentences, frozenset(of_message), english)


def _leading(sentences: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Return the stems of the first sentences below the subject line once more, as such."""
    below = (words for words in sentences if words[:1] in ((_BEGIN,), (_BEGIN_OF_OWN,)))
    return (f"lead:{stem(word)}" for words in islice(below, _LEAD) for word in words if word.isalpha())


def _words(sentence: Sentence, sources: Sources) -> list[str]:
    """Return the folded words of a sentence, with names, addresses and days replaced by what they are.

    Words of the subject line are marked, since it may hold the subject of our own mailing.
    """
    pieces: list[str] = []
    position = 0
    for start, end, kind in _replaced(sentence, sources):
        if start >= position:
            pieces += [sentence.folded[position:start], f" {kind} "]
            position = end
    pieces.append(sentence.folded[position:])
    words = TOKEN.findall(_NUMBER.sub(" #number ", "".join(pieces)))
    if sentence.is_subject:
        return [f"{OF_SUBJECT}{word}" for word in words]
    is_own = any(lexicon.within(sentence.folded).finds("first_person", sentence.folded) for lexicon in sources.lexicons)
    return [_BEGIN_OF_OWN if is_own else _BEGIN, *words, _END]


def _of_message(reading: Reading, words: list[str]) -> Iterator[str]:
    yield f"transport:{reading.transport}"
    yield f"transport:{reading.transport}:signed:{_signed(reading)}"
    if reading.identity.writer is not None:
        yield "writer:another"
    if reading.has_absence_subject:
        yield "subject:absence"
    kinds = [word for word in words if word[0] in _KINDS]
    for kind in set(kinds):
        yield f"has:{kind}:{min(kinds.count(kind), _MOST_COUNTED)}"
    for first, second in pairwise(kinds):
        yield f"then:{first}>{second}"
    for statement in reading.statements:
        marks = "".join(
            mark
            for mark, holds in (
                ("not:", statement.is_negated),
                ("perhaps:", statement.is_hedged),
                ("for_a_time:", statement.is_temporary),
            )
            if holds
        )
        yield f"says:{statement.means}"
        yield f"says:{marks}{statement.means}:{statement.who}"
    yield from _of_contacts(reading)


def _of_contacts(reading: Reading) -> Iterator[str]:
    """Return who is named beside the sender: whom to turn to and for what, who may take over, who only occurs."""
    kinds = [_contact_kind(contact) for contact in reading.contacts]
    yield f"contacts:{min(len(kinds), _MOST_COUNTED)}"
    yield from (f"contact:{kind}" for kind in kinds)
    yield from (f"first_contact:{kind}" for kind in kinds[:1])
    successors = reading.likely_successors
    yield f"successors:{min(len(successors), _MOST_COUNTED)}"
    yield from (f"first_successor:{_contact_kind(contact)}" for contact in successors[:1])
    yield f"another:{reading.names_another}"


def _contact_kind(contact: Contact) -> str:
    marks = (
        ("topical", contact.is_topical),
        ("guess", contact.is_guess),
        ("name", contact.name),
        ("mail", contact.email),
    )
    return "+".join(mark for mark, holds in marks if holds)


def _signed(reading: Reading) -> str:
    """Return whose name stands below a message: the sender's, another's, or nobody's."""
    name = signer(reading.sources.own, reading.sources.lexicons)
    if name is None:
        return "nobody"
    return "sender" if is_signed_by(name, reading.identity) else "another"


def _replaced(sentence: Sentence, sources: Sources) -> list[tuple[int, int, str]]:
    text = sentence.text
    return sorted([*_addresses(sentence, sources), *_links(text), *_days(sentence, sources), *_names(text, sources)])


def _links(text: str) -> Iterable[tuple[int, int, str]]:
    return ((found.start(), found.end(), "@link") for found in _LINK.finditer(text))


def _addresses(sentence: Sentence, sources: Sources) -> Iterator[tuple[int, int, str]]:
    sender = sources.identity
    for box in sentence.boxes:
        if box.email == sender.email:
            kind = "@same"
        elif is_role_mailbox(box.email):
            kind = "@role"
        elif is_own_address(box.email, sender):
            kind = "@own_here" if domain_of(box.email) == domain_of(sender.email or "") else "@own_elsewhere"
        elif shape(box.email) in _PERSONAL_SHAPES or any(
            is_person_like(name) and names_match(box.email, name) for _, _, name in person_names(sources.own.own)
        ):
            kind = "@person"
        elif _is_named_after_matter(box.email, sentence):
            kind = "@role"
        else:
            kind = "@other"
        yield box.start, box.end, kind


def _is_named_after_matter(email: str, sentence: Sentence) -> bool:
    """Tell whether a mailbox is called as something in its sentence is ("Group bookings: groups@…"): an office's."""
    rest = _ADDRESS.sub(" ", sentence.folded)
    words = _WORD.findall(rest)
    squeezed = "".join(words)
    for part in _WORD.findall(local_part(email)):
        begins = part[:STEM]
        if len(begins) == STEM and (part in squeezed or any(word.startswith(begins) for word in words)):
            return True
    return False


def _days(sentence: Sentence, sources: Sources) -> Iterator[tuple[int, int, str]]:
    for stated in sources.dates(sentence, FUTURE):
        yield stated.start, stated.end, _day_kind(stated, sources.today)


def _day_kind(stated: StatedDate, today: date | None) -> str:
    if stated.value is None or today is None:
        return "#day"
    if stated.is_relative:
        return "#weekday"
    days = (stated.value - today).days
    if days <= 0:
        return "#past" if days < 0 else "#today"
    return "#soon" if days <= _SOON else "#later"


def _names(text: str, sources: Sources) -> Iterator[tuple[int, int, str]]:
    for start, end, name in person_names(text):
        if sources.identity.is_named_in(name):
            yield start, end, "%sender"
        else:
            yield start, end, "%person" if is_person_like(name) else "%name"
