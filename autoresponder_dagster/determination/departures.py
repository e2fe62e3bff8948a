"""Departures: left, retired, died, leaving soon, and who takes over.

Belongs here: deciding INACTIVE, REPLACEMENT and future departures from statements. Does not belong here:
recognising the statements.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from autoresponder_dagster.addresses import domain_of, is_role_mailbox
from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.dates import FUTURE, PAST
from autoresponder_dagster.determination.lexicon import AWAY, DEPARTED, Meaning
from autoresponder_dagster.determination.mailboxes import find_mailboxes, names_match
from autoresponder_dagster.determination.people import identity_of, person_names
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.sender_facts import (
    forwarding_address,
    stated_address,
    stated_employer,
    stated_title,
    title_at_employer,
)
from autoresponder_dagster.determination.statements import Statement, Who
from autoresponder_dagster.determination.verdict import (
    CERTAIN,
    CLEAR,
    DOUBTFUL,
    INFERRED,
    REPORTED,
    Verdict,
    matched_entries,
)
from autoresponder_dagster.schemas.enums import Category, Determination

_SYSTEM_SENDER = re.compile(
    r"^(?:no-?_?reply|do-?_?not-?_?reply|donotreply|mailer-?daemon|postmaster|notifications?|system|auto-?reply|autoresponder|automailer|"
    r"bounces?|daemon|root|nobody|mailadmin|it-?admin|helpdesk|servicedesk)\b"
)
_ENDED = {
    Meaning.LEFT: Category.LEFT,
    Meaning.RETIRED: Category.RETIRED,
    Meaning.DECEASED: Category.DECEASED,
    Meaning.POSITION_ELIMINATED: Category.POSITION_ELIMINATED,
}


def departure(reading: Reading, base: Verdict) -> Verdict | None:
    said = [s for s in reading.of_sender(*DEPARTED) if not (s.is_negated or s.is_temporary or s.is_partial)]
    soon = [s for s in reading.of_sender(Meaning.LEAVING, Meaning.LAST_DAY) if not s.is_negated]
    last_days = [s for s in soon if s.means == Meaning.LAST_DAY]
    today = reading.sources.today
    for statement in last_days:
        day, _ = facts.effective_date(reading.sources, statement, FUTURE)
        if day is not None and today is not None and day <= today:
            said.append(replace(statement, means=Meaning.LEFT))
    said = [s for s in said if not _is_of_absence(reading, s)]
    if _SYSTEM_SENDER.match(reading.identity.email or ""):
        gone = [
            s
            for s in reading.statements
            if s.means in DEPARTED and not (s.is_negated or s.is_temporary or s.is_partial or s.is_hedged or s.is_weak)
        ]
        return _undetermined(reading, gone[0], gone, base) if gone else None
    if (
        said
        and all(reading.in_subject(s) for s in said)
        and any(not reading.in_subject(s) for s in reading.of_sender(*AWAY))
    ):
        return None  # "X has left the building" over "… for lunch, back at two".
    strong = [s for s in said if not s.is_weak]
    titled = stated_title(reading)
    stays = reading.of_sender(Meaning.STILL_HERE, Meaning.RETURNED) + reading.of_sender(Meaning.ADDRESS_UNCHANGED)
    stays = [s for s in stays if not s.is_negated]
    if not said:
        if soon:
            return _future(reading, soon, base)
        return proxy_departure(reading, base)
    leading = max(
        strong or said,
        key=lambda s: (
            not reading.in_subject(s),
            not s.is_hedged,
            s.is_named,
            s.who == Who.SENDER,
            not s.is_weak,
            _specific(s),
            -s.sentence,
        ),
    )
    day, _ = facts.effective_date(reading.sources, leading, PAST)
    if day is None:
        for other in said:
            day, _ = facts.effective_date(reading.sources, other, PAST)
            if day is not None:
                break
    if day is not None and today is not None and day > today and not _is_about_address(reading, leading):
        if day - today > timedelta(days=500):
            day = None
        else:
            return _future(reading, [leading], base, day)
    if titled is not None and stays:
        return None
    if titled is not None and leading.is_weak:
        return None
    if [s for s in stays if s.means in (Meaning.RETURNED, Meaning.STILL_HERE)] and leading.is_weak:
        return None
    confidence = _departure_confidence(reading, leading, said)
    if not strong:
        confidence = min(confidence, DOUBTFUL)
    if any(s.means != Meaning.ADDRESS_UNCHANGED for s in stays):
        confidence = min(confidence, DOUBTFUL)
    if titled is not None and stated_employer(reading) is None:
        confidence = min(confidence, DOUBTFUL)
    away = [
        s
        for s in reading.of_sender(*AWAY)
        if not (s.is_negated or s.is_over or s.is_weak) and not reading.sources.own.sentences[s.sentence].is_subject
    ]
    if away:
        back, _ = facts.return_date(reading.sources, sorted({s.sentence for s in away}))
        if back is not None and (today is None or (back - today).days < 400) and back != day:
            confidence = min(confidence, DOUBTFUL)
    if reading.in_subject(leading):
        confidence = min(confidence, DOUBTFUL if reading.sources.own.own else INFERRED)
    if soon and not last_days:
        confidence = min(confidence, DOUBTFUL)
    address, fit, _ = stated_address(reading)
    if (
        address is not None
        and stated_employer(reading) is None
        and domain_of(address) == domain_of(reading.identity.email or "")
    ):
        return None
    verdict = departure_facts(reading, leading, base)
    return replace(verdict, confidence=confidence, matched=matched_entries(leading, *said))


def _specific(statement: Statement) -> bool:
    return statement.means in (Meaning.DECEASED, Meaning.RETIRED, Meaning.POSITION_ELIMINATED)


def _is_about_address(reading: Reading, statement: Statement) -> bool:
    return any(s.means == Meaning.OLD_ADDRESS_ENDS and s.sentence == statement.sentence for s in reading.statements)


def _is_of_absence(reading: Reading, statement: Statement) -> bool:
    """Tell whether a departure-like statement stands in a sentence that speaks of a leave.

    "No longer checking mail while on leave": the leave governs the sentence.
    """
    if statement.means in (Meaning.DECEASED, Meaning.RETIRED):
        return False
    return any(
        s.sentence == statement.sentence
        and s.means in AWAY
        and not s.is_negated
        and not s.is_weak
        and s.start != statement.start
        for s in reading.of_sender(*AWAY)
        if not _contains(statement, s)
    )


def _contains(outer: Statement, inner: Statement) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _departure_confidence(reading: Reading, statement: Statement, said: Sequence[Statement]) -> float:
    if statement.is_hedged:
        return DOUBTFUL
    if statement.who == Who.IMPLICIT:
        return (
            INFERRED
            if reading.is_automatic and not reading.sources.own.sentences[statement.sentence].is_subject
            else DOUBTFUL
        )
    confidence = CERTAIN if statement.is_named else 0.90
    if not reading.is_automatic:
        confidence = min(confidence, INFERRED)
        if statement.is_first_person and not any(s.sentence <= 4 for s in said):
            confidence = REPORTED
        if statement.means == Meaning.DECEASED and not statement.is_named:
            confidence = REPORTED
    day, certain = facts.effective_date(reading.sources, statement, PAST)
    if (
        day is not None
        and reading.sources.today is not None
        and (reading.sources.today - day).days > 730
        and not reading.is_automatic
    ):
        confidence = REPORTED
    return confidence


def _future(reading: Reading, soon: Sequence[Statement], base: Verdict, day: date | None = None) -> Verdict:
    if day is None:
        for statement in soon:
            day, _ = facts.effective_date(reading.sources, statement, FUTURE)
            if day is not None:
                break
    people = facts.contacts(reading.sources, reading.statements)
    lead = people[0] if people else None
    return replace(
        base,
        category=Category.FUTURE_DEPARTURE,
        confidence=CLEAR,
        evidence=reading.evidence(soon[0]),
        effective_date=day.isoformat() if day else None,
        replacement_name=lead.name if lead else None,
        replacement_email=lead.email if lead else None,
        matched=matched_entries(*soon),
        alternates=tuple(people),
    )


def departure_facts(reading: Reading, leading: Statement, base: Verdict) -> Verdict:
    sources = reading.sources
    day = None
    for statement in [
        leading,
        *[
            s
            for s in reading.of_sender(*DEPARTED, Meaning.LAST_DAY, Meaning.NEW_EMPLOYER)
            if s != leading and not s.is_negated
        ],
    ]:
        day, _ = facts.effective_date(sources, statement, PAST)
        if day is not None and (sources.today is None or day <= sources.today):
            break
        day = None
    employer = stated_employer(reading)
    own_new, new_title = None, None
    if leading.means != Meaning.DECEASED:
        address, fit, _ = stated_address(reading)
        if address is not None and fit >= 0.75:
            own_new = address
        elif employer is not None or any(s.is_first_person for s in reading.of_sender(*DEPARTED)):
            own_new = forwarding_address(reading)
        if employer is not None:
            titled = stated_title(reading)
            new_title = titled[1] if titled else title_at_employer(reading)
    people = [p for p in facts.contacts(sources, reading.statements) if p.email is None or p.email != own_new]
    lead = people[0] if people else None
    category = _ENDED.get(leading.means, Category.LEFT)
    if employer is not None and category == Category.LEFT:
        category = Category.NEW_EMPLOYER
    return replace(
        base,
        determination=Determination.REPLACEMENT if lead else Determination.INACTIVE,
        category=category,
        evidence=reading.evidence(leading),
        matched=matched_entries(leading),
        effective_date=day.isoformat() if day else None,
        new_org=employer,
        new_email=own_new,
        new_title=new_title,
        replacement_name=lead.name if lead else None,
        replacement_email=lead.email if lead else None,
        replacement_title=lead.title if lead else None,
        alternates=tuple(people),
    )


def _undetermined(reading: Reading, leading: Statement, said: Sequence[Statement], base: Verdict) -> Verdict:
    """A system speaks of somebody who left: attribute it to the one address that is that person's."""
    sources = reading.sources
    sentence = sources.own.sentences[leading.sentence]
    named = [name for _, _, name in person_names(sentence.text)]
    boxes = {
        box.email
        for box in find_mailboxes(sources.own.own)
        if not is_role_mailbox(box.email) and box.email != reading.identity.email
    }
    here = {box.email for box in find_mailboxes(sentence.text)} & boxes
    fitting = {email for email in boxes if any(names_match(email, name) for name in named)}
    candidates = fitting or here
    if len(candidates) != 1:
        return replace(base, sender_email=None, category=Category.UNDETERMINED_SENDER, confidence=CLEAR,
                       evidence=reading.evidence(leading), matched=matched_entries(*said))  # fmt: skip
    email = next(iter(candidates))
    attributed = replace(reading, sources=replace(sources, identity=identity_of(email, named[0] if named else None)))
    verdict = departure_facts(attributed, leading, replace(base, sender_email=email))
    return replace(verdict, confidence=INFERRED, matched=matched_entries(*said))


def proxy_departure(reading: Reading, base: Verdict) -> Verdict | None:
    """Somebody answers for the person whom we wrote to and says that this person left.

    Whose address that was is not told, so the verdict is for Human Review only.
    """
    gone = [
        s
        for s in reading.statements
        if s.who == Who.THIRD
        and s.means in DEPARTED
        and not (s.is_negated or s.is_hedged or s.is_weak or s.is_temporary)
    ]
    routed = [s for s in reading.statements if s.means == Meaning.COVER]
    if not gone or not routed:
        return None
    verdict = departure_facts(reading, gone[0], base)
    return replace(verdict, confidence=DOUBTFUL, new_email=None)
