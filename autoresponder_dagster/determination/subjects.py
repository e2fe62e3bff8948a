"""Subjects: whom a sentence speaks of.

Belongs here: the grammar that decides who left, is away or has a new address. It is the core gate of the
engine: a statement about a third person must never become one about the sender.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import AWAY, DEPARTED, Lexicon, Meaning, Trait, alternatives, terms
from autoresponder_dagster.determination.own_words import Sentence
from autoresponder_dagster.determination.people import (
    Identity,
    follows_preposition,
    has_honorific,
    is_person_like,
    names_before,
)


class Who(StrEnum):
    """Whom a statement is about."""

    SENDER = "sender"
    IMPLICIT = "implicit"
    """No subject is written ("No longer with the firm."): the sender, less surely."""
    UNRESOLVED = "unresolved"
    """A subject is written, but not one that is recognised."""
    THIRD = "third"
    NOBODY = "nobody"


Antecedent = Callable[[], Who | None]
"""Returns the person to whom a pronoun refers; null where nobody was named. Few sentences ask."""


class Subject(NamedTuple):
    """Whom a statement is about. ``is_named``: by the sender's own name or in the first person."""

    who: Who
    is_named: bool = False
    is_first_person: bool = False


class Predicate(NamedTuple):
    """What is said, at its place in a sentence: the match of a lexicon entry."""

    sentence: Sentence
    start: int
    end: int
    means: Meaning


class _Candidate(NamedTuple):
    end: int
    subject: Subject


BESIDE = 28
"""Characters before a verb within which a name can be its subject."""
BESIDE_AFTER = 40
KIN_AFTER = 25
"""Characters after a verb of dying within which the dead can be named."""
_WORD = re.compile(r"\w+")
_TIME_WORD = re.compile(r"\d+(?:st|nd|rd|th)?|[a-z]*day|_+")
_FEW_WORDS = 3
_CLAUSE_START = re.compile(r"[,;:()]| - |、|，|；|。")


@lru_cache(maxsize=1)
def _time_or_place() -> "re.Pattern[str]":
    return re.compile(rf"\b(?:{alternatives(terms('before_time_or_place'))})\s$")


def find_subject(predicate: Predicate, lexicon: Lexicon, identity: Identity, antecedent: Antecedent) -> Subject:
    """Return the subject of a predicate: the nearest candidate before its end.

    Kinship ("my father … passed") beats all, unless a first person stands between. ``antecedent`` is the
    person named last in the sentences before, to whom a pronoun refers.
    """
    sentence = predicate.sentence
    zone = sentence.folded[: predicate.end]
    of_zone = lexicon
    for start, end in _relative_clauses(predicate, lexicon, identity):
        zone = zone[:start] + " " * (end - start) + zone[end:]
        of_zone = lexicon.whole  # The zone is no part of the sentence any more.
    if lexicon.finds("cleft", sentence.folded[: predicate.start]) is not None:
        return Subject(Who.THIRD)  # "The one who left was Ann."
    told_of = _kin_subject(predicate, zone, lexicon, identity) or _relative_subject(predicate, lexicon, identity)
    if told_of is not None:
        return told_of
    if of_zone.finds("first_person_form", zone[predicate.start :]) is not None:
        return first_person(is_writer=identity.writer is None)
    candidates = [
        *_spoken_of(zone, predicate, of_zone, is_writer=identity.writer is None),
        *_pronouns(zone, sentence, of_zone, identity, antecedent),
        *_names(predicate, lexicon, identity),
    ]
    if not lexicon.has_spaces and identity.is_named_in(sentence.text[: predicate.end]):
        candidates.append(_Candidate(0, Subject(Who.SENDER, is_named=True)))
    if Trait.PRO_DROP in lexicon.traits and any(
        candidate.subject == Subject(Who.THIRD, is_named=True) for candidate in candidates
    ):
        # The verb's own form may be read as a first person; a name beside it decides.
        candidates = [
            candidate
            for candidate in candidates
            if not (candidate.subject.is_first_person and candidate.end > predicate.start)
        ]
    if not candidates and lexicon.finds("own_thing", sentence.folded[predicate.start : predicate.end]):
        return first_person(is_writer=identity.writer is None)  # "Having taught my last class, …"
    if not candidates:
        is_implicit = _has_no_subject(sentence.folded[: predicate.start], lexicon)
        names_another = lexicon.has_spaces and any(
            # A capital within a sentence makes even one word a name; at its beginning every word has one.
            is_person_like(name) or (start > 0 and Trait.PRO_DROP in lexicon.traits and end + 1 >= predicate.start)
            for start, end, name in names_before(sentence.text, predicate.start)
        )
        return Subject(Who.IMPLICIT if is_implicit and not names_another else Who.UNRESOLVED)
    return max(candidates, key=lambda candidate: (candidate.end, candidate.subject.who == Who.SENDER)).subject


def _kin_subject(predicate: Predicate, zone: str, lexicon: Lexicon, identity: Identity) -> Subject | None:
    """Return whom a predicate speaks of that names a relative; null where none is named.

    It is the sender where a relative writes, or where the sender's name stands there ("My wife Ann has passed" from
    Ann's mailbox). Who is away for the sake of a relative is not the relative ("I am with my family").
    """
    sentence = predicate.sentence
    reach = predicate.end + (KIN_AFTER if predicate.means == Meaning.DECEASED else 0)
    is_departure = predicate.means in DEPARTED
    if is_departure and identity.is_of_family and lexicon.finds("relative", sentence.folded[:reach]):
        return Subject(Who.SENDER, is_named=True)
    if is_departure and identity.is_given_name_in(sentence.text):
        return None
    reach_from = 0
    if predicate.means in AWAY and not lexicon.has_spaces:
        # "My father passed away, and (I) am off": the subject that is left out is the writer again.
        reach_from = max((found.end() for found in _CLAUSE_START.finditer(zone, 0, predicate.start)), default=0)
    is_of_relatives = _is_of_relatives(
        " " * reach_from + sentence.folded[reach_from:reach],
        predicate.end,
        lexicon,
        is_object_skipped=predicate.means in AWAY,
    )
    if not is_of_relatives:
        return None
    is_of_family = identity.is_of_family and is_departure  # "I am Lee's son. My father …" from Lee's mailbox
    # "My wife has died", signed by somebody of the sender's surname: the mailbox is the wife's.
    is_told_by_kin = predicate.means == Meaning.DECEASED and identity.is_named_in(identity.writer or "")
    return Subject(Who.SENDER if is_of_family or is_told_by_kin else Who.THIRD, is_named=is_of_family)


def _relative_subject(predicate: Predicate, lexicon: Lexicon, identity: Identity) -> Subject | None:
    """Return the person whose relative clause the predicate is ("from Ann Lee, who retired in June")."""
    relative = lexicon.finds("relative_subject", predicate.sentence.folded[: predicate.start])
    if relative is None:
        return None
    names = [
        name for _, end, name in names_before(predicate.sentence.text, relative.start()) if end == relative.start()
    ]
    if not names:
        return None
    if identity.is_named_in(names[-1]):
        return Subject(Who.SENDER, is_named=True)
    return Subject(Who.THIRD, is_named=True) if is_person_like(names[-1]) else None


def last_named(text: str, identity: Identity, end: int | None = None) -> Who | None:
    """Return whether the last person named in a text, or before an end, is the sender; null if nobody is named."""
    last: Who | None = None
    for _, _, name in names_before(text, len(text) if end is None else end):
        if identity.is_named_in(name):
            last = Who.SENDER
        elif is_person_like(name):
            last = Who.THIRD
    return last


def _is_of_relatives(zone: str, end: int, lexicon: Lexicon, *, is_object_skipped: bool) -> bool:
    kin, first_person = lexicon.words.get("kin"), lexicon.words.get("first_person")
    no_kin = lexicon.words.get("no_kin")
    if no_kin is not None:
        zone = no_kin.sub(lambda found: " " * len(found.group()), zone)  # "our sister company"
    relatives = [found.end() for found in kin.finditer(zone)] if kin is not None else []
    if kin is not None and is_object_skipped and first_person is not None and first_person.search(zone):
        relatives = [found.end() for found in kin.finditer(zone) if not follows_preposition(zone, found.start())]
    return bool(relatives) and (
        first_person is None or first_person.search(zone, relatives[-1], max(end, relatives[-1])) is None
    )


def first_person(*, is_writer: bool) -> Subject:
    """Return whom "I" means: the sender, unless somebody else writes from the sender's mailbox."""
    return Subject(Who.SENDER, is_named=True, is_first_person=True) if is_writer else Subject(Who.THIRD)


def _spoken_of(zone: str, predicate: Predicate, lexicon: Lexicon, *, is_writer: bool) -> list[_Candidate]:
    """Return first persons, the addressee of the mail ("the person you wrote to") and third parties."""
    kinds = {
        "first_person": (zone, first_person(is_writer=is_writer)),
        "addressee": (zone, Subject(Who.SENDER)),
        "third_party": (zone[: predicate.start], Subject(Who.THIRD)),
        "inanimate": (zone[: predicate.start], Subject(Who.THIRD)),
    }
    candidates = [
        (found.start(), _Candidate(found.end(), subject))
        for kind, (scope, subject) in kinds.items()
        if kind in lexicon.words and (kind != "inanimate" or predicate.means in DEPARTED)
        for found in lexicon.words[kind].finditer(scope)
    ]
    # "The user of this mailbox has …": the mailbox is no subject.
    reached = max((found.end for _, found in candidates if found.subject == Subject(Who.SENDER)), default=0)
    return [found for start, found in candidates if found.subject != Subject(Who.THIRD) or start >= reached]


def _pronouns(
    zone: str, sentence: Sentence, lexicon: Lexicon, identity: Identity, antecedent: Antecedent
) -> list[_Candidate]:
    """Return "he" and "she" as whoever was named last; somebody else where nobody was."""
    pronoun = lexicon.words.get("third_pronoun")
    return [
        _Candidate(
            found.end(), Subject(last_named(sentence.text, identity, found.start()) or antecedent() or Who.THIRD)
        )
        for found in (pronoun.finditer(zone) if pronoun is not None else ())
        if not _is_polite_address(sentence.text, found.start())
    ]


def _is_polite_address(text: str, start: int) -> bool:
    """Tell whether a pronoun has a capital within a sentence: then it is a polite "you" (German "Sie")."""
    before = text[:start].rstrip("\"'([ ")
    return bool(before) and before[-1] not in ".!?:-–—" and text[start].isupper()


def _names(predicate: Predicate, lexicon: Lexicon, identity: Identity) -> list[_Candidate]:
    """Return the sender's name wherever it stands, and another's where it can be the subject.

    Who died may be named after the verb ("we lost our …").
    """
    if not lexicon.has_spaces:
        return _asian_names(predicate, lexicon, identity)
    text, start, end = predicate.sentence.text, predicate.start, predicate.end
    is_death = predicate.means == Meaning.DECEASED
    candidates = []
    clauses = dict(_relative_clauses(predicate, lexicon, identity))
    told = text.find(";", end) if is_death else end
    for name_start, name_end, name in names_before(text, told if told >= 0 else len(text)):
        if identity.is_named_in(name):
            is_namesake = not identity.is_given_name_in(name) and _is_said_of_another(
                predicate.sentence.folded[:name_start], lexicon
            )
            whom = Who.THIRD if is_namesake else Who.SENDER
            candidates.append(_Candidate(name_end, Subject(whom, is_named=True)))
            continue
        subject_end = clauses.get(name_end, name_end)
        is_title = not has_honorific(name) and _is_title(name, lexicon)  # "no longer General Secretary and …"
        is_title = is_title or _is_apposition(text, name_start, name_end, lexicon)
        is_beside = is_person_like(name) and not is_title and start - BESIDE <= subject_end <= start + 3
        is_beside = is_beside and ";" not in text[subject_end:start]
        is_inside = name_start >= start and has_honorific(name)
        dies = is_death and (has_honorific(name) or (is_person_like(name) and name_end <= end + BESIDE_AFTER))
        dies = dies and not _time_or_place().search(fold(text[:name_start]))  # "died on St Luke's Day"
        if dies or ((is_beside or is_inside) and not follows_preposition(text, name_start)):
            candidates.append(_Candidate(name_end, Subject(Who.THIRD, is_named=True)))
    return candidates


def _is_said_of_another(before: str, lexicon: Lexicon) -> bool:
    """Tell whether the words before a surname say that it is another's ("my colleague Ann Lee" from another Lee)."""
    third = lexicon.words.get("third_party")
    last = max((found.end() for found in third.finditer(before)), default=None) if third is not None else None
    return last is not None and before[last:].strip(" ,") == ""


def _asian_names(predicate: Predicate, lexicon: Lexicon, identity: Identity) -> list[_Candidate]:
    """Return the sender's name wherever it stands, and another's where the words beside it let it be the subject.

    Topics may stand far before the verb.
    """
    text, folded = predicate.sentence.text, predicate.sentence.folded
    candidates = []
    for name_start, name_end, name in names_before(text, predicate.end):
        before, after = folded[:name_start], folded[name_end:]
        is_subject = not lexicon.finds("object_before", before) and (
            "subject_after" not in lexicon.words or lexicon.finds("subject_after", after) is not None
        )
        if identity.is_named_in(name):
            candidates.append(_Candidate(name_end if is_subject else 0, Subject(Who.SENDER, is_named=True)))
        elif is_subject:
            candidates.append(_Candidate(name_end, Subject(Who.THIRD, is_named=True)))
    return candidates


def _strip(pattern: "re.Pattern[str] | None", text: str) -> str:
    return pattern.sub("", text) if pattern is not None else text


def _is_title(name: str, lexicon: Lexicon) -> bool:
    last = fold(name.rsplit(maxsplit=1)[-1])
    found = lexicon.finds("title_noun", last)
    return found is not None and found.group() == last


def _is_apposition(text: str, start: int, end: int, lexicon: Lexicon) -> bool:
    """Tell whether words between commas begin with a title: what the one named before is."""
    is_enclosed = text[:start].endswith(", ") and text[end : end + 1] == ","
    first = fold(text[start:end].split(maxsplit=1)[0])
    found = lexicon.whole.finds("title_noun", first) if is_enclosed else None
    return found is not None and found.group() == first


def _relative_clauses(predicate: Predicate, lexicon: Lexicon, identity: Identity) -> list[tuple[int, int]]:
    """Return where the relative clauses stand that follow a person's name before a predicate.

    What such a clause says ("Ann Lee, who stood in for me, …") holds no subject of the main verb.
    """
    sentence = predicate.sentence
    relative = lexicon.words.get("relative_clause")
    if relative is None or "," not in sentence.folded[: predicate.start]:
        return []
    found = (
        (end, relative.match(sentence.folded, end, predicate.start))
        for _, end, name in names_before(sentence.text, predicate.start)
        if is_person_like(name) or identity.is_named_in(name)
    )
    return [(end, clause.end()) for end, clause in found if clause is not None]


def _has_no_subject(before: str, lexicon: Lexicon) -> bool:
    """Tell whether nothing that could be a subject stands before a predicate."""
    clause = _CLAUSE_START.split(before)[-1].strip()
    if not lexicon.has_spaces:
        clauses = _CLAUSE_START.split(_strip(lexicon.words.get("adverbial"), before))
        return not any(lexicon.finds("written_subject", part.strip()) for part in clauses)
    if "adverbials" in lexicon.terms:
        return _is_adverbial(clause, lexicon)
    if lexicon.finds("noun_follows", before):
        return False
    if Trait.PRO_DROP not in lexicon.traits:
        return not clause
    clause = " ".join(_strip(lexicon.words.get("adverbial"), clause).split())
    return len(clause.split()) <= _FEW_WORDS and lexicon.finds("written_subject", clause) is None


def _is_adverbial(clause: str, lexicon: Lexicon) -> bool:
    """Tell whether a clause says nothing but when, how and to whom it may concern."""
    words = _WORD.findall(clause.replace("e-mail", "email"))
    known = lexicon.terms["adverbials"]
    return all(word in known or word in lexicon.months or _TIME_WORD.fullmatch(word) for word in words)
