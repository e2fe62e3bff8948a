"""Statements: what each sentence says, and about whom.

Belongs here: matching lexicon entries in sentences and the grammar around a match: its subject, negation,
hedge, condition, and whether it holds only for a time or for a part. Does not belong here: what follows
from several statements together (``verdict.py``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from autoresponder_dagster.determination.lexicon import AWAY, DEPARTED, About, Entry, Lexicon, Meaning
from autoresponder_dagster.determination.own_words import Sentence
from autoresponder_dagster.determination.people import (
    Identity,
    follows_preposition,
    has_honorific,
    is_person_like,
    person_names,
)

_ADJACENT = 28
_NEGATABLE = (
    DEPARTED
    | AWAY
    | {Meaning.NEW_ADDRESS, Meaning.NEW_TITLE, Meaning.NEW_EMPLOYER, Meaning.RETURNED, Meaning.STILL_HERE}
)
_CLAUSE_END = re.compile(r"[,;:(]| - |、|，|；")
_CLAUSE_START = re.compile(r"[,;:()]| - |、|，|；|。")
_MATCHES_PER_ENTRY = 3


class Who(StrEnum):
    """Whom a statement is about."""

    SENDER = "sender"
    IMPLICIT = "implicit"
    """No subject is written ("No longer with the firm."): the sender, less surely."""
    THIRD = "third"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Statement:
    """One thing that a sentence says."""

    means: Meaning
    who: Who
    entry: str
    language: str
    sentence: int
    start: int
    end: int
    is_weak: bool = False
    is_hedged: bool = False
    is_negated: bool = False
    is_over: bool = False
    """An absence that has ended ("no longer on leave")."""
    is_temporary: bool = False
    is_partial: bool = False
    is_named: bool = False
    """The subject is the sender's own name or a first person, not a pronoun or an inference."""
    is_first_person: bool = False
    title: tuple[int, int] | None = None
    org: tuple[int, int] | None = None
    name: tuple[int, int] | None = None


def _span(match: "re.Match[str]", *groups: str) -> tuple[int, int] | None:
    for group in groups:
        if group in match.re.groupindex and match.group(group) is not None:
            return match.span(group)
    return None


@dataclass(frozen=True)
class _Subject:
    who: Who
    is_named: bool = False
    is_first: bool = False


def _subject(
    sentence: Sentence,
    start: int,
    end: int,
    lexicon: Lexicon,
    identity: Identity,
    antecedent: Who | None,
    means: Meaning,
) -> _Subject:
    """Find the subject of a match: the nearest candidate before its end, unless a name stands right at it.

    Kinship ("my father … passed") beats all; a person's name that is not the sender's and stands next to
    the verb beats pronouns further off. Who died may be named after the verb ("we lost our …").
    """
    zone = sentence.folded[:end]
    relatives = [found.end() for found in lexicon.words["kin"].finditer(zone)] if "kin" in lexicon.words else []
    if relatives and not (
        lexicon.words["first_person"].search(zone, relatives[-1]) if "first_person" in lexicon.words else None
    ):
        return _Subject(Who.THIRD)
    candidates: list[tuple[int, Who, bool, bool]] = []
    for kind, who in (("first_person", Who.SENDER), ("addressee", Who.SENDER), ("third_party", Who.THIRD)):
        pattern = lexicon.words.get(kind)
        if pattern is not None:
            scope = zone[:start] if kind == "third_party" else zone
            candidates.extend(
                (found.end(), who, kind != "addressee", kind == "first_person") for found in pattern.finditer(scope)
            )
    pronoun = lexicon.words.get("third_pronoun")
    for found in pronoun.finditer(zone) if pronoun is not None else ():
        candidates.append(
            (
                found.end(),
                _last_named(sentence.text[: found.start()], identity) or antecedent or Who.THIRD,
                False,
                False,
            )
        )
    original = sentence.text if means == Meaning.DECEASED else sentence.text[:end]
    for name_start, name_end, name in person_names(original):
        if identity.is_named_in(name):
            candidates.append((name_end, Who.SENDER, True, False))
        elif means == Meaning.DECEASED and (has_honorific(name) or (is_person_like(name) and name_end <= end + 40)):
            candidates.append((name_end, Who.THIRD, True, False))
        elif follows_preposition(original, name_start):
            continue
        elif is_person_like(name) and (
            start - _ADJACENT <= name_end <= start + 3 or (name_start >= start and has_honorific(name))
        ):
            candidates.append((name_end, Who.THIRD, True, False))
    if not lexicon.has_spaces and identity.name and identity.is_named_in(original):
        position = original.find(re.sub(r"\s", "", identity.name))
        candidates.append((max(position, 0), Who.SENDER, True, False))
    if not candidates:
        return _Subject(Who.IMPLICIT)
    position, who, is_named, is_first = max(
        candidates, key=lambda candidate: (candidate[0], candidate[1] == Who.SENDER)
    )
    return _Subject(who, is_named, is_first)


def _last_named(text: str, identity: Identity) -> Who | None:
    """Return whether the last person named in a text is the sender; null if nobody is named."""
    last: Who | None = None
    for _, _, name in person_names(text):
        if identity.is_named_in(name):
            last = Who.SENDER
        elif is_person_like(name):
            last = Who.THIRD
    return last


def _clause(folded: str, start: int, end: int) -> str:
    """Return the clause around a span: from the last break before it to the first one after it."""
    before = 0
    for found in _CLAUSE_START.finditer(folded, 0, start):
        before = found.end()
    after = _CLAUSE_END.search(folded, end)
    return folded[before : after.start() if after else len(folded)]


def _is_negated(entry: Entry, sentence: Sentence, match: "re.Match[str]", lexicon: Lexicon) -> bool:
    if entry.means not in _NEGATABLE:
        return False
    before = sentence.folded[max(0, match.start() - 16) : match.start()]
    negation = lexicon.words.get("negation")
    if negation is None:
        return False
    last = None
    for found in negation.finditer(before):
        last = found
    return (
        last is not None
        and len(before[last.end() :].split()) <= 2
        and not re.search(r"[,;:.]|--| - ", before[last.end() :])
    )


def _statement(
    entry: Entry,
    match: "re.Match[str]",
    number: int,
    sentence: Sentence,
    lexicon: Lexicon,
    identity: Identity,
    antecedent: Who | None,
) -> Statement | None:
    folded = sentence.folded
    start, end = match.span()
    if entry.unless is not None and entry.unless.search(folded):
        return None
    if entry.unless_next is not None and entry.unless_next.match(folded[end:]):
        return None
    if entry.about == About.FIRST:
        subject = _Subject(Who.SENDER, is_named=True, is_first=True)
    elif entry.about == About.SENDER:
        subject = _Subject(Who.SENDER)
    elif entry.about == About.ANY:
        subject = _Subject(Who.NOBODY)
    else:
        subject = _subject(sentence, start, end, lexicon, identity, antecedent, entry.means)
    clause = _clause(folded, start, end)
    if "condition" in lexicon.words and entry.means in DEPARTED | {
        Meaning.LAST_DAY,
        Meaning.LEAVING,
        Meaning.NEW_TITLE,
        Meaning.NEW_EMPLOYER,
    }:
        lead = clause[: max(0, clause.find(match.group()))] if match.group() in clause else clause
        condition = lexicon.finds("condition", lead)
        if condition is not None:
            return None
    if lexicon.finds("question", folded) and entry.means != Meaning.UNSUBSCRIBE:
        return None
    temporary = False
    if entry.means in DEPARTED | {Meaning.UNMONITORED, Meaning.NEW_ADDRESS, Meaning.ROLE_ENDED}:
        after = folded[start : min(len(folded), end + 70)]
        cut = _CLAUSE_END.search(after, end - start)
        temporary = bool(lexicon.finds("temporary", after[: cut.start()] if cut else after))
        scope = folded if entry.means == Meaning.NEW_ADDRESS else clause
        temporary = temporary or bool(lexicon.finds("temporary_before", scope))
    return Statement(
        means=entry.means,
        who=subject.who,
        entry=entry.name,
        language=lexicon.language,
        sentence=number,
        start=start,
        end=end,
        is_weak=entry.is_weak,
        is_hedged=bool(lexicon.finds("hedge", clause)),
        is_negated=_is_negated(entry, sentence, match, lexicon),
        is_over=entry.means in AWAY and bool(lexicon.finds("no_longer", folded[max(0, start - 24) : end])),
        is_temporary=temporary,
        is_partial=entry.means in DEPARTED and bool(lexicon.finds("partial", folded[start : end + 60])),
        is_named=subject.is_named,
        is_first_person=subject.is_first,
        title=_span(match, "title", "title_b"),
        org=_span(match, "org"),
        name=_span(match, "name", "name_b"),
    )


def find_aliases(sentences: Sequence[Sentence], lexicons: Sequence[Lexicon]) -> list[str]:
    """Return the names under which the text itself speaks of the mailbox's owner."""
    names = []
    for sentence in sentences:
        for lexicon in lexicons:
            for entry in lexicon.entries:
                if entry.means != Meaning.ACCOUNT_OF:
                    continue
                match = entry.pattern.search(sentence.folded)
                if match:
                    span = _span(match, "name", "name_b")
                    if span:
                        names.extend(name for _, _, name in person_names(sentence.text[span[0] : span[1]]))
    return names


def find_statements(sentences: Sequence[Sentence], lexicons: Sequence[Lexicon], identity: Identity) -> list[Statement]:
    """Return what the sentences say, in order. Pronouns refer to the last person that was named."""
    statements: list[Statement] = []
    antecedent: Who | None = None
    for number, sentence in enumerate(sentences):
        for lexicon in lexicons:
            for entry in lexicon.entries:
                for count, match in enumerate(entry.pattern.finditer(sentence.folded)):
                    if count >= _MATCHES_PER_ENTRY:
                        break
                    statement = _statement(entry, match, number, sentence, lexicon, identity, antecedent)
                    if statement is not None:
                        statements.append(statement)
        antecedent = _last_named(sentence.text, identity) or antecedent
    return statements
