"""The decision: from a reading to a verdict.

Belongs here: the order in which the kinds of decision are tried, and what is left when none applies.
"""

import re

from autoresponder_dagster.addresses import is_role_mailbox, normalize_email
from autoresponder_dagster.determination.bounces import DeliveryReport
from autoresponder_dagster.determination.changes import address_change, duties_change, title_change, title_hint
from autoresponder_dagster.determination.departures import (
    departure,
    departure_facts,
    post_given_up,
    told_by_a_system,
)
from autoresponder_dagster.determination.language import detect_languages
from autoresponder_dagster.determination.lexicon import AWAY, DEPARTED, Meaning
from autoresponder_dagster.determination.mailboxes import find_mailboxes
from autoresponder_dagster.determination.presence import absence_or_presence, vacation_end
from autoresponder_dagster.determination.reading import Division, Reading
from autoresponder_dagster.determination.second_look import second_look
from autoresponder_dagster.determination.sender_facts import addresses_under_domains
from autoresponder_dagster.determination.subjects import Who
from autoresponder_dagster.determination.transport import TransportClass
from autoresponder_dagster.determination.verdict import (
    CLEAR,
    DOUBTFUL,
    INFERRED,
    NEARLY,
    PRESUMED,
    Stages,
    Verdict,
    base_verdict,
    matched_entries,
)
from autoresponder_dagster.schemas.enums import Category, Determination
from autoresponder_dagster.schemas.messages import MAX_EVIDENCE

_WORD = re.compile(r"[^\W\d_]{2}")
_UNKNOWN_TRANSPORT = {
    TransportClass.FEEDBACK_REPORT: Category.FEEDBACK_REPORT,
    TransportClass.READ_RECEIPT: Category.READ_RECEIPT,
    TransportClass.CHALLENGE_RESPONSE: Category.CHALLENGE_RESPONSE,
    TransportClass.MAILING_LIST: Category.MAILING_LIST,
}


def decide(reading: Reading) -> Verdict:
    """Return the verdict on a message that has been read."""
    verdict = said(reading)
    if _speaks(reading):
        verdict = second_look(reading, verdict)
    own = reading.sources.own
    language = reading.sources.lexicons[0].language if own.own.strip() and detect_languages(own.own) else None
    stages = Stages(
        own_words=own.own,
        signature=own.signature,
        footer=own.footer,
        quoted=own.quoted,
        languages=tuple(lexicon.language for lexicon in reading.sources.lexicons),
        statements=reading.statements,
        contacts=verdict.alternates,
        reason=verdict.category.value,
    )
    return verdict._replace(language=language, stages=stages, parse_problem=reading.message.problem)


def _speaks(reading: Reading) -> bool:
    """Tell whether a person's words are to be read, and not only what a program did with the mail."""
    is_system = reading.report is not None or reading.transport in _UNKNOWN_TRANSPORT
    return not is_system and (bool(reading.sources.own.sentences) or reading.has_absence_subject)


def said(reading: Reading) -> Verdict:
    """Return the verdict of the statements alone."""
    base = base_verdict(reading)
    if reading.report is not None:
        return _delivery_verdict(reading, reading.report, base)
    if reading.transport in _UNKNOWN_TRANSPORT:
        return base._replace(category=_UNKNOWN_TRANSPORT[reading.transport], confidence=CLEAR)
    if not _speaks(reading):
        return _unreadable(reading, base)
    for decision in (
        _unsubscribe,
        _spam,
        departure,
        address_change,
        title_change,
        duties_change,
        absence_or_presence,
        _acknowledgement,
        title_hint,
        post_given_up,
        _mailbox,
    ):
        verdict = decision(reading, base)
        if verdict is not None:
            return verdict
    return _rest(reading, base)


def _unreadable(reading: Reading, base: Verdict) -> Verdict:
    if reading.message.problem:
        return base._replace(category=Category.PARSE_PROBLEM, confidence=CLEAR)
    end = vacation_end(reading)
    if end is not None:
        return base._replace(
            determination=Determination.OUT_OF_OFFICE,
            category=Category.ABSENCE,
            confidence=INFERRED,
            return_date=end,
        )
    if reading.sources.own.quoted.strip() and reading.transport == TransportClass.HUMAN:
        return base._replace(category=Category.UNCLEAR)
    return base._replace(category=Category.EMPTY, confidence=CLEAR)


def _delivery_verdict(reading: Reading, report: DeliveryReport, base: Verdict) -> Verdict:
    category = {
        "delayed": Category.DELAYED,
        "delivered": Category.DELIVERED,
        "relayed": Category.DELIVERED,
        "expanded": Category.DELIVERED,
    }.get(report.action, Category.UNDELIVERABLE)
    base = base._replace(
        sender_email=report.failed_recipient,
        category=category,
        confidence=CLEAR,
        failed_recipient=report.failed_recipient,
        status_code=report.status_code,
        bounce_reason=report.reason,
    )
    if category == Category.UNDELIVERABLE and report.failed_recipient is None:
        told = told_by_a_system(reading, base)
        return told if told is not None and told.sender_email is not None else base
    if category != Category.UNDELIVERABLE:
        return base
    gone = [
        s
        for s in reading.of_sender(*DEPARTED)
        if s.who == Who.SENDER
        and not s.is_first_person
        and not (s.is_negated or s.is_hedged or s.is_temporary or s.is_partial or s.is_weak)
    ]
    if not gone:
        return base
    gone.sort(key=lambda s: not s.is_named)
    departed = departure_facts(reading, gone[0], base)
    return departed._replace(
        determination=Determination.INACTIVE,
        # "The employee has left": whose mail came back may be another's than the administrator speaks of.
        confidence=INFERRED if gone[0].is_named else NEARLY,
        replacement_name=None,
        replacement_email=None,
    )


def _unsubscribe(reading: Reading, base: Verdict) -> Verdict | None:
    asked = [s for s in reading.statements if s.means == Meaning.UNSUBSCRIBE]
    departed = [s for s in reading.of_sender(*DEPARTED, Meaning.LAST_DAY) if not s.is_negated and not s.is_weak]
    changed = reading.of_sender(Meaning.NEW_ADDRESS)
    if (
        not asked
        or departed
        or changed
        or (reading.is_automatic and any(s.means in AWAY or s.means == Meaning.RETURNED for s in reading.statements))
    ):
        return None
    return base._replace(
        category=Category.UNSUBSCRIBE_REQUEST,
        confidence=CLEAR,
        evidence=reading.evidence(asked[0]),
        matched=matched_entries(asked[0]),
    )


def _spam(reading: Reading, base: Verdict) -> Verdict | None:
    said = [s for s in reading.statements if s.means == Meaning.SPAM]
    if not said or reading.is_automatic:
        return None
    return base._replace(
        category=Category.SPAM,
        confidence=INFERRED,
        evidence=reading.evidence(said[0]),
        matched=matched_entries(*said),
    )


def _mailbox(reading: Reading, base: Verdict) -> Verdict | None:
    said = [s for s in reading.statements if s.means in (Meaning.UNMONITORED, Meaning.OLD_ADDRESS_ENDS)]
    if not said or not reading.is_automatic:
        return None
    return base._replace(
        category=Category.MAILBOX_UNMONITORED,
        confidence=INFERRED,
        evidence=reading.evidence(said[0]),
        matched=matched_entries(*said),
    )


def _acknowledgement(reading: Reading, base: Verdict) -> Verdict | None:
    received = [s for s in reading.statements if s.means == Meaning.RECEIVED]
    if reading.transport == TransportClass.TICKET_ACKNOWLEDGEMENT or (received and reading.is_automatic):
        evidence = reading.evidence(received[0]) if received else None
        return base._replace(
            category=Category.ACKNOWLEDGEMENT,
            confidence=CLEAR,
            evidence=evidence,
            matched=matched_entries(*received),
        )
    return None


def _rest(reading: Reading, base: Verdict) -> Verdict:
    third = [s for s in reading.statements if s.who == Who.THIRD and s.means in DEPARTED | AWAY]
    if third:
        return base._replace(
            category=Category.THIRD_PERSON,
            confidence=DOUBTFUL,
            evidence=reading.evidence(third[0]),
            matched=matched_entries(*third),
        )
    if reading.is_automatic:
        return base
    email = reading.identity.email or ""
    is_of_nobody = not email or is_role_mailbox(email) or reading.identity.writer is not None
    if is_of_nobody or not _WORD.search(reading.sources.own.own) or reading.asks:
        return base._replace(category=Category.HUMAN_MESSAGE)
    return base._replace(
        determination=Determination.ACTIVE,
        category=Category.HUMAN_MESSAGE,
        confidence=PRESUMED,
        evidence=reading.sources.own.own.split("\n")[0][:MAX_EVIDENCE],
    )


def addresses_of(division: Division) -> set[str]:
    """Return every address that a verdict on this message could name."""
    own = division.own
    found = {box.email for block in (own.own, own.signature, division.message.vcard) for box in find_mailboxes(block)}
    found.update(box.email for sentence in own.sentences for box in find_mailboxes(sentence.text))
    found.update(email for _, email in addresses_under_domains(own, division.identity))
    if division.report is not None and division.report.failed_recipient:
        found.add(division.report.failed_recipient)
    return found


def unreadable(raw: bytes, sender_email: str | None, error: Exception) -> Verdict:
    """Return the verdict on a message that broke the reader: nothing is known but that."""
    return Verdict(
        sender_email=normalize_email(sender_email),
        subject=None,
        determination=Determination.UNKNOWN,
        category=Category.PARSE_PROBLEM,
        confidence=CLEAR,
        transport_class=TransportClass.HUMAN,
        parse_problem=f"could not be read ({type(error).__name__}, {len(raw)} bytes)",
    )
