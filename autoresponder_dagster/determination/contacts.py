"""Contacts: the people whom the own words name to turn to.

Belongs here: joining names and addresses that belong together, and what is said of whom. Does not belong here:
whether a name is a person's (``named_persons.py``), and whether such a person takes over or only covers
(``departures.py``, ``presence.py``).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from autoresponder_dagster.addresses import domain_of, is_role_mailbox
from autoresponder_dagster.determination.asian_names import is_asian, may_be_named, name_at_start
from autoresponder_dagster.determination.facts import Sources, is_own_address
from autoresponder_dagster.determination.folding import collapse, fold
from autoresponder_dagster.determination.lexicon import (
    AWAY,
    DEPARTED,
    Lexicon,
    Meaning,
    Trait,
    alternatives,
    name_words,
    terms,
)
from autoresponder_dagster.determination.mailboxes import Mailbox, find_mailboxes, is_personal, local_part, names_match
from autoresponder_dagster.determination.named_persons import (
    ADDRESS_FOLLOWS,
    BEGINS_CLAUSE,
    REACH_AFTER,
    ends_as_post,
    full_name,
    has_anothers_mailbox,
    is_label,
    is_office,
    is_organization,
    is_post,
    is_same,
    is_word_of,
    may_be_person,
    name_near,
    nominative,
    without_post,
)
from autoresponder_dagster.determination.organizations import names_an_organization, names_own_organization
from autoresponder_dagster.determination.own_words import Sentence
from autoresponder_dagster.determination.people import (
    follows_preposition,
    has_honorific,
    is_person_like,
    person_names,
    strip_honorifics,
)
from autoresponder_dagster.determination.statements import Statement
from autoresponder_dagster.determination.subjects import Who
from autoresponder_dagster.determination.titles import clean_title, holds_title
from autoresponder_dagster.determination.writers import name_at_end, signer

_WORD_BEFORE = re.compile(r"(?:^|(?:^|\s)[^\sA-ZÀ-Þ]\S* )([A-ZÀ-Þ][^\W\d_]+)[.,!]? ?[(<–-]? ?$")
"""One word with a capital directly before an address ("Geir, gs@…"); behind a colon stands what an address is for."""
_TWO_WORDS = re.compile(r"(?<=\w) ([A-ZÀ-Þ][\w'’-]+ [A-ZÀ-Þ][\w'’-]+)")
_DEGREES = re.compile(r"(?: [A-Z]{2,4})+$")
_LONGEST_SALUTATION = 2
"""Words before a name ("Sehr geehrte Frau …")."""
_LONGEST_NOUN = 40
"""Characters of the longest word of a title."""
_CAPITALISED = re.compile(r"\b[^\W\d_a-z][^\W\d_]+")
_TOPIC = re.compile(r"^\s*(?:[-*•·–]\s|\d{1,2}[.)]\s|[^@.]{3,60}: )")
_TITLE_AFTER = re.compile(r",\s*([^,@<(]{3,60})(?:,|\bat\b|<|\(|$)")


class Contact(NamedTuple):
    """Somebody whom the text names to turn to. ``is_topical`` is true where only for some matters."""

    name: str | None
    email: str | None
    title: str | None = None
    is_topical: bool = False
    is_guess: bool = False
    """Whether the name is only what stands where a name can be, in a language without capitals."""


def contacts(sources: Sources, statements: Sequence[Statement]) -> list[Contact]:
    """Return the people that the own words name to turn to, general ones first; role mailboxes are no people."""
    found: list[Contact] = []
    successors: list[Contact] = []
    succeeded = _succeeded(statements)
    third_gone = _third_gone(statements)
    for number, sentence in enumerate(sources.own.sentences):
        boxes = [
            box
            for box in sentence.boxes
            if box.email != sources.identity.email and not _is_on_the_side(sources, statements, number, box.start)
        ]
        before = sentence.folded[: boxes[0].start] if boxes else sentence.folded
        if number in third_gone or any(
            lexicon.within(sentence.folded).finds("not_successor", before) for lexicon in sources.lexicons
        ):
            continue
        is_signature = _is_signature(sources, statements, number, boxes)
        beside = [] if is_signature else _with_addresses(sources, statements, number, boxes)
        (successors if number in succeeded else found).extend(beside)
        name = None if beside or is_signature else _name_referred_to(sources, statements, number)
        if name and _is_on_the_side(sources, statements, number, max(0, sentence.text.find(name))):
            name = None
        # "Ask Ann Lee; for anything technical there is support@…": the address is another clause's.
        if name and (not boxes or sentence.text.find(name) < sentence.text.rfind(";", 0, boxes[0].start)):
            found.append(
                Contact(
                    name,
                    None,
                    is_topical=_is_topical(sentence, statements, number),
                    is_guess=_is_guess(name, None, number, statements),
                )
            )
    merged = _merged([*successors, *found, *_in_signature(sources), *_writer(sources)])
    if not any(Trait.DECLINED_NAMES in lexicon.traits for lexicon in sources.lexicons[:1]):
        return merged
    return [contact._replace(name=contact.name and nominative(contact.name, contact.email)) for contact in merged]


def _is_signature(sources: Sources, statements: Sequence[Statement], number: int, boxes: Sequence[Mailbox]) -> bool:
    """Tell whether the last line is a name and an address to which nothing refers: that of whoever wrote."""
    sentences = sources.own.sentences
    if number + 1 < len(sentences) or number == 0 or len(boxes) != 1:
        return False
    refers = (Meaning.SUCCESSOR, Meaning.CONTACT)
    if any(s.means in refers and s.sentence in (number, number - 1) for s in statements):
        return False
    text = sentences[number].text
    names = [name for start, end, name in person_names(text) if start == 0 and is_person_like(name)]
    return bool(names) and ADDRESS_FOLLOWS.match(text, len(names[0])) is not None and boxes[0].end + 1 >= len(text)


def _succeeded(statements: Sequence[Statement]) -> set[int]:
    """Return the sentences that surely tell who follows."""
    return {s.sentence for s in statements if s.means == Meaning.SUCCESSOR and not (s.is_weak or s.is_temporary)}


def _is_on_the_side(sources: Sources, statements: Sequence[Statement], number: int, start: int) -> bool:
    """Tell whether who is named at a place of a sentence is there for a leftover matter, or the place stays vacant.

    An unpaid invoice, the leaver's own papers, a farewell, one open case: who sees to these follows nobody, and where
    the text says that nobody does, only words of succession or of acting name somebody who has the post.
    """
    sentence = sources.own.sentences[number]
    near = [lexicon.within(sentence.folded) for lexicon in sources.lexicons]
    is_of_a_matter = any("side_matter" in lexicon.words for lexicon in near)
    is_vacant = _is_vacant(sources)
    if not (is_of_a_matter or is_vacant) or number in _succeeded(statements) or _is_of_all(sources, number):
        return False
    # The address may stand behind the sentence that tells who acts.
    told_before = number > 0 and (_is_of_all(sources, number - 1) or _succeeds(sources, statements, number - 1))
    if is_vacant and not told_before and not _succeeds(sources, statements, number):
        return True
    clause = sentence.folded[slice(*_clause_at(sentence, start))]
    return is_of_a_matter and any(lexicon.finds("side_matter", clause) for lexicon in near)


@lru_cache(maxsize=2)
def _is_vacant(sources: Sources) -> bool:
    """Tell whether the text says that nobody follows; remembered, for it is asked of every name and address."""
    return sources.own.says("vacant", sources.lexicons[:1])


def _succeeds(sources: Sources, statements: Sequence[Statement], number: int) -> bool:
    """Tell whether a sentence tells who follows, not that the post stays vacant."""
    folded = sources.own.sentences[number].folded
    return any(s.sentence == number and s.means == Meaning.SUCCESSOR for s in statements) and not any(
        lexicon.within(folded).finds("vacant", folded) for lexicon in sources.lexicons[:1]
    )


def _is_of_all(sources: Sources, number: int) -> bool:
    """Tell whether a sentence speaks of whatever somebody did, or of somebody who acts in the post."""
    folded = sources.own.sentences[number].folded
    return any(lexicon.within(folded).finds("whole_matter", folded) for lexicon in sources.lexicons)


def _clause_at(sentence: Sentence, start: int) -> tuple[int, int]:
    """Return where the part of a sentence begins and ends that tells what who is named at a place is for.

    It ends at a semicolon and, among several addresses, with its own.
    """
    first, last = sentence.text.rfind(";", 0, start) + 1, sentence.text.find(";", start)
    last = len(sentence.text) if last < 0 else last
    ends = [box.end for box in sentence.boxes if first <= box.start < last]
    before = [end for end in ends if end <= start]
    after = [end for end in ends if end > start]
    return (max(before, default=first), after[0] if len(after) > 1 else last)


def _third_gone(statements: Sequence[Statement]) -> set[int]:
    """Return the sentences that tell of somebody else's departure: who is named there follows nobody."""
    return {s.sentence for s in statements if s.who == Who.THIRD and s.means in DEPARTED}


def likely_successors(sources: Sources, statements: Sequence[Statement]) -> list[Contact]:
    """Return who takes over in a message that is known to tell of somebody, in whatever words.

    Somebody else's full name comes first; then a given name alone that does something or has an address of its own;
    then whoever writes in the sender's place.
    """
    writes_elsewhere = has_anothers_mailbox(sources)
    header = strip_honorifics(sources.identity.name or "")
    if any(not lexicon.has_spaces for lexicon in sources.lexicons[:1]):
        # What looks like a Chinese or Japanese name may be another word.
        return [Contact(header, _address_of(header, sources))] if writes_elsewhere else []
    third_gone = _third_gone(statements)
    numbers = [
        number
        for number, sentence in enumerate(sources.own.sentences)
        if number not in third_gone and not sentence.is_subject
    ]
    who_signs = signer(sources.own, sources.lexicons) or name_at_end(sources.own, sources.lexicons, sources.identity)
    signed = sources.identity.writer or who_signs or ""
    on_the_side = {
        box.email
        for number in numbers
        for box in sources.own.sentences[number].boxes
        if _is_on_the_side(sources, statements, number, box.start)
    }
    named = [
        (number, name)
        for number in numbers
        for name in _full_names(sources.own.sentences[number], sources)
        if not is_same(name, fold(signed))
        and not _is_on_the_side(sources, statements, number, max(0, sources.own.sentences[number].text.find(name)))
        and _address_of(name, sources) not in on_the_side
    ]
    if not named:
        named = known_by_given_name(sources, statements, may_act=True)
    if not named and signed and _address_of(signed, sources) not in (None, *on_the_side):
        named = [(0, signed)]
    if not named and writes_elsewhere:
        named = [(0, header)]
    if len(named) == 1:
        return [Contact(named[0][1], _address_of(named[0][1], sources) or _address_near(named[0][0], sources))]
    return _merged([Contact(name, _address_of(name, sources)) for _, name in named])


def _full_names(sentence: Sentence, sources: Sources) -> list[str]:
    """Return the full names of others in a sentence, also those behind a title ("Outreach Manager Bo Ray")."""
    names = [without_post(found, sources) for found in sentence.names]
    beside = [
        (found.start(1), found.group(1))
        for found in _TWO_WORDS.finditer(sentence.text)
        if _ends_in_title(sentence.folded[: found.start()], sources.lexicons)
        and not any(fold(word) in name_words("not_names") for word in found.group(1).split())
    ]
    return [
        _DEGREES.sub("", strip_honorifics(name))
        for start, name in sorted([*((start, name) for start, _, name in names), *beside])
        if is_person_like(name)
        and not _is_addressed(sentence.text, start, name)
        and (has_honorific(name) or not _before_firms().search(sentence.folded[:start]))
        and (
            (start, name) in beside
            or may_be_person(sentence.text, start, name, sources)
            or _address_of(name, sources) is not None
        )
        and not sources.identity.is_named_in(name)
        and not holds_title(name, sources.lexicons)
        and not names_own_organization(name, sources.identity)
        and not names_an_organization(name)
    ]


def _is_addressed(text: str, start: int, name: str) -> bool:
    """Tell whether a name is that of whom a text is written to ("Dear Ms Lee, …")."""
    is_begun = len(text[:start].split()) <= _LONGEST_SALUTATION
    return has_honorific(name) and is_begun and text[start + len(name) :].lstrip()[:1] in (",", "!")


def _ends_in_title(folded: str, lexicons: Sequence[Lexicon]) -> bool:
    return any(
        found.end() == len(folded)
        for lexicon in lexicons[:1]
        if "title_noun" in lexicon.words
        for found in lexicon.words["title_noun"].finditer(folded, max(0, len(folded) - _LONGEST_NOUN))
    )


def known_by_given_name(sources: Sources, statements: Sequence[Statement], *, may_act: bool) -> list[tuple[int, str]]:
    """Return who is to be turned to and is known by a given name alone, and in which sentence.

    ``may_act`` asks also for those who do something and are known by more: an address, a word of succession.
    """
    third_gone = _third_gone(statements)
    return [
        (number, name)
        for number, sentence in enumerate(sources.own.sentences)
        if number not in third_gone and not sentence.is_subject
        for name in _given_names(number, sources, statements, may_act=may_act)
    ]


def _given_names(number: int, sources: Sources, statements: Sequence[Statement], *, may_act: bool) -> list[str]:
    """Return the given names that stand alone in a sentence as those of whom to turn to (``known_by_given_name``)."""
    sentence = sources.own.sentences[number]
    refers = any(s.means == Meaning.SUCCESSOR and s.sentence == number for s in statements)
    return [
        strip_honorifics(name)
        for start, end, name in sentence.names
        if len(strip_honorifics(name).split()) == 1
        and may_be_person(sentence.text, start, name, sources)
        and not names_own_organization(name, sources.identity)
        and not names_an_organization(name)
        and not name.isupper()
        and not any(fold(name) in lexicon.function_words for lexicon in sources.lexicons)
        and not _is_on_the_side(sources, statements, number, start)
        and (
            any(lexicon.finds("turn_to_before", sentence.folded[:start]) for lexicon in sources.lexicons[:1])
            or (
                may_act
                and not follows_preposition(sentence.text, start)
                and _acts(sentence, start, end, sources)
                and (refers or _address_of(strip_honorifics(name), sources))
            )
        )
    ]


def _address_of(name: str, sources: Sources) -> str | None:
    """Return the address in the own words or below them that fits a name."""
    boxes = find_mailboxes(f"{sources.own.own}\n{sources.own.signature}")
    return next(
        (box.email for box in boxes if box.email != sources.identity.email and names_match(box.email, name)), None
    )


def _address_near(number: int, sources: Sources) -> str | None:
    """Return the only personal address of another in a sentence and the one after it."""
    near = {
        box.email
        for sentence in sources.own.sentences[number : number + 2]
        for box in sentence.boxes
        if not is_own_address(box.email, sources.identity) and is_personal(box.email, sources.identity.email, [])
    }
    return near.pop() if len(near) == 1 else None


def names_another(sources: Sources, statements: Sequence[Statement]) -> bool:
    """Tell whether somebody is named of whom it is not understood what part that person has.

    That is somebody who does something in the own words, or has an address beside the sender's.
    """
    if who_acts(sources, statements) or _names_somebody(sources, statements) or _is_his(sources, statements):
        return True
    text = f"{sources.own.own}\n{sources.own.signature}"
    home = domain_of(sources.identity.email or "")
    others = [
        box
        for box in find_mailboxes(text)
        if domain_of(box.email) == home
        and not is_role_mailbox(box.email)
        and not is_own_address(box.email, sources.identity)
    ]
    # Not every Chinese or Japanese name is found; the letters of the address may hold a surname.
    is_unspaced = any(not lexicon.has_spaces for lexicon in sources.lexicons[:1])
    return any(
        (is_unspaced and may_be_named(local_part(box.email)))
        or _is_spelled_within(text, box, sources.lexicons[:1])
        or _given_name_before(text, box, sources) is not None
        or any(
            is_person_like(name) and names_match(box.email, name) and not is_organization(name, sources.identity)
            for _, _, name in person_names(text)
        )
        for box in others
    )


def _is_his(sources: Sources, statements: Sequence[Statement]) -> bool:
    """Tell whether an address that is no office's is said to be his or hers, beside words of succession."""
    follows = {s.sentence for s in statements if s.means == Meaning.SUCCESSOR}
    return any(
        lexicon.within(sentence.folded).finds("third_pronoun", sentence.folded[: box.start])
        for number, sentence in enumerate(sources.own.sentences)
        if not follows.isdisjoint((number, number - 1))
        for box in sentence.boxes
        if not is_role_mailbox(box.email) and not is_own_address(box.email, sources.identity)
        for lexicon in sources.lexicons[:1]
    )


def _given_name_before(text: str, box: Mailbox, sources: Sources) -> str | None:
    """Return the one word that can be a given name directly before an address that is not spelled as it."""
    word = _WORD_BEFORE.search(text, max(0, box.start - 2 * _LONGEST_NOUN), box.start)
    if word is None or is_label(word.group(1), box) or word.start(1) == 0:
        return None
    name = word.group(1)
    is_word = fold(name) in name_words("not_names") or any(fold(name) in one.function_words for one in sources.lexicons)
    is_firm = names_an_organization(name) or names_own_organization(name, sources.identity)
    return name if may_be_person(text, word.start(1), name, sources) and not (is_word or is_firm) else None


def _is_spelled_within(text: str, box: Mailbox, lexicons: Sequence[Lexicon]) -> bool:
    """Tell whether an address is one word that stands as the name of somebody to turn to ("ask Bo", bo@…)."""
    names = {found.group() for found in _CAPITALISED.finditer(text)}
    return any(
        fold(name) == fold(local_part(box.email)) and not name.isupper() and _is_turned_to(text, name, lexicons)
        for name in names
    )


def _is_turned_to(text: str, name: str, lexicons: Sequence[Lexicon]) -> bool:
    """Tell whether a name stands in a text as that of somebody to turn to ("ask Bo")."""
    before = [fold(text[: found.start()]) for found in re.finditer(rf"\b{re.escape(name)}\b", text)]
    return any(lexicon.finds("turn_to_before", part) for lexicon in lexicons for part in before)


def _names_somebody(sources: Sources, statements: Sequence[Statement]) -> bool:
    """Tell whether a full name stands where, after a departure was told, only a person's can ("ask for Ann Lee").

    Where a preposition of place or an article is before it, or another employer is told of, it may be a firm's.
    """
    gone = [s for s in statements if s.means in DEPARTED or s.means == Meaning.LAST_DAY]
    elsewhere = {s.sentence for s in statements if s.means == Meaning.NEW_EMPLOYER}
    first = min(((s.sentence, s.end) for s in gone), default=(len(sources.own.sentences), 0))
    writer = fold(sources.identity.writer or "")
    return any(
        (number, start) > first
        and number not in elsewhere
        and not sentence.is_subject
        and is_person_like(name)
        and not _before_firms().search(sentence.folded[:start])
        and may_be_person(sentence.text, start, name, sources)
        and not names_own_organization(name, sources.identity)
        and not names_an_organization(name)
        and not (writer and is_same(name, writer))
        and not _is_on_the_side(sources, statements, number, start)
        for number, sentence in enumerate(sources.own.sentences)
        for start, _, name in sentence.names
    )


@lru_cache(maxsize=1)
def _before_firms() -> "re.Pattern[str]":
    """Return the pattern of what stands before the name of a firm, a place or a day, but hardly of a person."""
    return re.compile(rf"\b(?:{alternatives(terms('before_firms'))})[ '’]$")


def who_acts(sources: Sources, statements: Sequence[Statement]) -> list[tuple[int, str]]:
    """Return who does something in the own words beside the sender and whoever writes, and in which sentence."""
    third_gone = {s.sentence for s in statements if s.who == Who.THIRD and s.means in DEPARTED | AWAY}
    writer = fold(sources.identity.writer or "")
    return [
        (number, strip_honorifics(name))
        for number, sentence in enumerate(sources.own.sentences)
        if number not in third_gone and not sentence.is_subject
        for start, end, name in sentence.names
        if is_person_like(name)
        and may_be_person(sentence.text, start, name, sources)
        and not names_own_organization(name, sources.identity)
        and (is_asian(name) or _acts(sentence, start, end, sources))
        and not (writer and is_same(name, writer))
        and not _is_on_the_side(sources, statements, number, start)
    ]


def _acts(sentence: Sentence, start: int, end: int, sources: Sources) -> bool:
    """Tell whether a name is the subject of a clause, or what comes before it hands something over.

    A subject may be shortened with its verb ("Ann's the one now").
    """
    before = sentence.folded[:start]
    end -= len("'s") if sentence.folded[start:end].endswith("'s") else 0
    begins = BEGINS_CLAUSE.search(sentence.text[:start]) is not None
    return (
        begins
        and any(lexicon.within(sentence.folded).finds("acts", sentence.folded[end:]) for lexicon in sources.lexicons)
    ) or any(lexicon.finds("acts_before", before) for lexicon in sources.lexicons[:1])


def _with_addresses(
    sources: Sources, statements: Sequence[Statement], number: int, boxes: list[Mailbox]
) -> list[Contact]:
    """Return the people behind the addresses of a sentence."""
    sentence = sources.own.sentences[number]
    is_topical = _is_topical(sentence, statements, number)
    found = []
    for position, box in enumerate(boxes):
        name = _name_of(sources, statements, number, box, start=boxes[position - 1].end if position else 0)
        is_namesake = name is not None and len(name.split()) > 1 and names_match(box.email, name)
        if is_own_address(box.email, sources.identity) and not is_namesake:
            continue
        is_left_out = name is None and len(boxes) == 1 and not is_role_mailbox(box.email)
        if is_left_out and _succeeds(sources, statements, number):
            name = _given_name_before(sentence.text, box, sources)
        if name and is_role_mailbox(box.email) and is_word_of(name, box):
            continue  # "Office of the General Manager (Works), gm.works@…", "Kliniken nås på klinik@…"
        if name and is_role_mailbox(box.email) and not names_match(box.email, name):
            found.append(Contact(name, None, is_topical=is_topical))
        elif name and is_office(sentence.text, name, box, sources):
            continue
        elif name or is_personal(box.email, sources.identity.email, []):
            title = _title_after(sentence.text, name, sources.lexicons)
            is_turned_to = bool(name) and _is_turned_to(sentence.text, name or "", sources.lexicons[:1])
            is_guess = bool(name) and _is_guess(name or "", box, number, statements) and not is_turned_to
            is_matter = bool(name) and is_label(name or "", box) and not is_turned_to
            found.append(Contact(name, box.email, title, is_topical or is_matter, is_guess))
    return found


def _is_guess(name: str, box: Mailbox | None, number: int, statements: Sequence[Statement]) -> bool:
    """Tell whether a name is known by no word of succession, and by what it is called neither.

    A Chinese or Japanese one has no known surname, another is only what an address is labelled with.
    """
    if any(s.sentence == number and s.means == Meaning.SUCCESSOR for s in statements):
        return False
    if is_asian(name):
        return name_at_start(name) is None
    return box is not None and is_label(name, box)


def _name_of(sources: Sources, statements: Sequence[Statement], number: int, box: Mailbox, start: int) -> str | None:
    """Return the name that belongs to an address: near it, in the sentence before, or anywhere that it fits."""
    sentences = sources.own.sentences
    near = sentences[number].text[start : box.end + REACH_AFTER]
    name = name_near(near, Mailbox(box.email, box.start - start, box.end - start), sources)
    is_told_before = number > 0 and not sentences[number - 1].is_subject and number - 1 not in _third_gone(statements)
    if name is None and start == 0 and is_told_before:
        text = sentences[number - 1].text
        earlier = name_near(
            f"{text} {box.email}", Mailbox(box.email, len(text) + 1, len(text) + 1 + len(box.email)), sources
        )
        refers = any(s.sentence == number - 1 and s.means in (Meaning.SUCCESSOR, Meaning.CONTACT) for s in statements)
        # Who has an address there already needs none here.
        refers = refers and all(other.email == sources.identity.email for other in sentences[number - 1].boxes)
        if earlier and (refers or names_match(box.email, earlier)):
            name = earlier
    name = full_name(name, box, sources)
    if name is None and any(not lexicon.has_spaces for lexicon in sources.lexicons):
        name = _captured_name(sources, statements, number)
        follows = name is None and start == 0 and number > 0
        name = _captured_name(sources, statements, number - 1) if follows else name
    return name


def _writer(sources: Sources) -> list[Contact]:
    """Return whoever writes from the sender's mailbox, where that person says to have taken over."""
    name = sources.identity.writer
    if not name or not sources.own.says("writer_takes_over", sources.lexicons):
        return []
    signed = [strip_honorifics(found) for _, _, found in person_names(sources.own.signature)]
    name = max((full for full in signed if is_same(name, fold(full))), key=len, default=name)
    return [Contact(name, _address_of(name, sources))]


def _captured_name(sources: Sources, statements: Sequence[Statement], number: int) -> str | None:
    """Return the name that a "takes over" pattern captured: the only way where names have no capitals."""
    for statement in statements:
        if statement.sentence == number and statement.name and statement.means != Meaning.ACCOUNT_OF:
            name = strip_honorifics(collapse(sources.own.sentences[number].text[slice(*statement.name)]))
            is_noun = any(lexicon.finds("not_person", fold(name)) for lexicon in sources.lexicons)
            if name and not sources.identity.is_named_in(name) and not is_noun:
                return _without_suffix(name)
    return None


def _without_suffix(name: str) -> str:
    """Return a name without the form of address behind it that Japanese has."""
    suffix = next((one for one in name_words("japanese_after_name") if name.endswith(one)), "")
    return name.removesuffix(suffix) or name


def _name_referred_to(sources: Sources, statements: Sequence[Statement], number: int) -> str | None:
    """Return the full name to which a sentence without an address refers."""
    meanings = {s.means for s in statements if s.sentence == number} & {Meaning.SUCCESSOR, Meaning.CONTACT}
    if not meanings:
        return None
    sentence = sources.own.sentences[number]
    captured = _captured_name(sources, statements, number)
    if captured and not is_asian(captured):
        return captured
    for start, end, raw in (without_post(found, sources) for found in sentence.names):
        name = strip_honorifics(raw)
        is_object = (
            sentence.folded[:start].endswith(("the ", "our ", " at ", " of ")) and Meaning.SUCCESSOR not in meanings
        )
        # In "New head of Rural Roads: Ann Lee" what stands before the colon is a part of the post.
        is_object = is_object or (sentence.folded[:start].endswith(" of ") and sentence.text[end : end + 1] == ":")
        if is_object or not is_person_like(raw) or is_post(name, sources) or ends_as_post(raw, sources):
            continue
        if names_own_organization(name, sources.identity) or names_an_organization(name):
            continue
        if may_be_person(sentence.text, start, raw, sources):
            return name
    return captured  # What stands at a Chinese or Japanese name's place may be another word.


def _in_signature(sources: Sources) -> list[Contact]:
    """Return the person of the signature where the text says "the colleague below" and it is not the sender."""
    points_below = sources.own.says("here_below", sources.lexicons)
    for box in find_mailboxes(sources.own.signature) if points_below else ():
        names = [strip_honorifics(name) for _, _, name in person_names(sources.own.signature)]
        owner = next((name for name in names if names_match(box.email, name)), None)
        if owner and box.email != sources.identity.email and not is_own_address(box.email, sources.identity):
            return [Contact(owner, box.email)]
    return []


def _is_topical(sentence: Sentence, statements: Sequence[Statement], number: int) -> bool:
    """Tell whether a line begins with a matter for which it is ("Orders: Ann Lee"), not with a succession."""
    topic = _TOPIC.match(sentence.text)
    return topic is not None and not any(
        s.means == Meaning.SUCCESSOR and s.sentence == number and s.start < topic.end() for s in statements
    )


def _title_after(text: str, name: str | None, lexicons: Sequence[Lexicon]) -> str | None:
    """Return the title that stands beside a name (``Priya Raman, Director of Meetings, at …``)."""
    position = text.find(name) if name else -1
    beside = _TITLE_AFTER.match(text, position + len(name)) if name and position >= 0 else None
    return clean_title(beside.group(1), lexicons, None) if beside else None


def _merged(found: list[Contact]) -> list[Contact]:
    """Return each person once: with an address rather than without, general ones first."""
    merged: dict[str, Contact] = {}
    for contact in found:
        known = merged.get(contact.email or fold(contact.name or ""))
        if known is None or (known.name is None and contact.name):
            merged[contact.email or fold(contact.name or "")] = contact
    named = {fold(contact.name) for contact in merged.values() if contact.name and contact.email}
    kept = [
        contact
        for contact in merged.values()
        if contact.email or not any(is_same(contact.name, name) for name in named)
    ]
    return sorted(kept, key=lambda contact: (contact.is_topical, contact.email is None))
