"""Reading: one message taken through all stages up to its statements.

Belongs here: the order in which the stages run. Does not belong here: what follows from the statements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from autoresponder_dagster.addresses import normalize_email
from autoresponder_dagster.determination.bounces import DeliveryReport, read_report
from autoresponder_dagster.determination.contacts import Contact, contacts, likely_successors, names_another
from autoresponder_dagster.determination.dates import month_first_habit
from autoresponder_dagster.determination.facts import Sources
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.language import detect_languages
from autoresponder_dagster.determination.lexicon import LANGUAGES, Lexicon, Meaning, lexicon, subject_prefix
from autoresponder_dagster.determination.own_words import OwnWords, divide
from autoresponder_dagster.determination.parse import ParsedMessage, parse
from autoresponder_dagster.determination.people import Identity, identity_of
from autoresponder_dagster.determination.statements import Statement, find_aliases, find_statements
from autoresponder_dagster.determination.subjects import Who
from autoresponder_dagster.determination.transport import TransportClass, classify, own_subject
from autoresponder_dagster.determination.writers import find_writer, is_told_by_another, is_written_by, name_at_end
from autoresponder_dagster.schemas.messages import MAX_EVIDENCE

MAX_OWN_TEXT = 16_000
SHORT_TEXT = 600
"""Below this, a text whose language nothing tells is read with every lexicon."""


@dataclass(eq=False)
class Reading:
    """One message read up to its statements: the input of the decision."""

    message: ParsedMessage
    transport: TransportClass
    sources: Sources
    statements: tuple[Statement, ...]
    has_absence_subject: bool
    report: DeliveryReport | None = None

    @property
    def identity(self) -> Identity:
        """Whom the message is taken to be about."""
        return self.sources.identity

    @property
    def is_automatic(self) -> bool:
        """Whether a program sent the message on the sender's behalf."""
        return self.transport != TransportClass.HUMAN

    @property
    def asks(self) -> bool:
        """Whether the sender asks us something: a real question says nothing of the sender (rules.md §4)."""
        return self.sources.own.says("question", self.sources.lexicons)

    @cached_property
    def contacts(self) -> Sequence[Contact]:
        """The people that the own words name to turn to, general ones first."""
        return contacts(self.sources, self.statements)

    @cached_property
    def likely_successors(self) -> Sequence[Contact]:
        """Who takes over, if the message is one that tells of somebody who does."""
        return likely_successors(self.sources, self.statements)

    @cached_property
    def names_another(self) -> bool:
        """Whether somebody is named of whom it is not understood what part that person has."""
        return names_another(self.sources, self.statements)

    def in_subject(self, statement: Statement) -> bool:
        """Tell whether a statement stands in the subject line."""
        return self.sources.own.sentences[statement.sentence].is_subject

    def stands_in(self, statement: Statement) -> bool:
        """Tell whether the sentence says that one acts for somebody else meanwhile ("I sit in for her as Manager")."""
        sentence = self.sources.own.sentences[statement.sentence].folded
        return lexicon(statement.language).finds("stands_in", sentence) is not None

    def of_sender(self, *meanings: Meaning) -> list[Statement]:
        """Return the statements of some meanings about the sender (or about nobody in particular)."""
        if self._meanings.isdisjoint(meanings):
            return []
        return [s for s in self.statements if s.means in meanings and s.who != Who.THIRD]

    @cached_property
    def _meanings(self) -> frozenset[Meaning]:
        return frozenset(s.means for s in self.statements)

    def text_of(self, statement: Statement, span: tuple[int, int]) -> str:
        """Return a span of a statement's sentence, as it is written."""
        return self.sources.own.sentences[statement.sentence].text[slice(*span)]

    def evidence(self, statement: Statement) -> str:
        """Return the sentence of a statement, at most ``MAX_EVIDENCE`` characters around it."""
        text = self.sources.own.sentences[statement.sentence].text
        if len(text) <= MAX_EVIDENCE:
            return text
        start = max(0, min(statement.start - 40, len(text) - MAX_EVIDENCE))
        return text[start : start + MAX_EVIDENCE].strip()


class Division(NamedTuple):
    """One message read up to the division of its text: all places where an address can stand."""

    message: ParsedMessage
    transport: TransportClass
    identity: Identity
    lexicons: tuple[Lexicon, ...]
    """Of the languages of the whole text."""
    own: OwnWords
    subject: str
    """The part of the subject line that the sender wrote."""
    has_absence_subject: bool
    report: DeliveryReport | None


def read_division(raw: bytes, sender_email: str | None) -> Division:
    """Run the stages up to the division of the text."""
    message = parse(raw)
    transport = classify(message)
    envelope = message.envelope
    report = read_report(message, raw) if transport == TransportClass.DELIVERY_REPORT else None
    if report is not None:
        identity = identity_of(report.failed_recipient, None)
    else:
        identity = identity_of(normalize_email(sender_email) or envelope.sender_email, envelope.sender_name)
    text = message.text[:MAX_OWN_TEXT]
    languages = detect_languages(text) or (LANGUAGES if len(text) < SHORT_TEXT else ("en",))
    lexicons = tuple(lexicon(language) for language in languages)
    subject, has_absence_subject = own_subject(envelope.subject or "", is_automatic=transport != TransportClass.HUMAN)
    own = divide(text, lexicons, identity.tokens, subject)
    return Division(message, transport, identity, lexicons, own, subject, has_absence_subject, report)


def read(raw: bytes, sender_email: str | None, received_at: datetime | None) -> Reading:
    """Run the stages up to the statements."""
    division = read_division(raw, sender_email)
    message, own, envelope = division.message, division.own, division.message.envelope
    own_language = detect_languages(own.own or message.text[:MAX_OWN_TEXT])
    lexicons = tuple(lexicon(language) for language in own_language) or division.lexicons
    prefix = subject_prefix(fold(envelope.subject or ""))
    hints = (*detect_languages(division.subject), *((prefix.language,) if prefix else ()))
    lexicons += tuple(lexicon(language) for language in dict.fromkeys(hints) if lexicon(language) not in lexicons)
    moment = envelope.date or envelope.received_at or received_at
    today = _local_day(moment, envelope.utc_offset_hours)
    identity = division.identity.with_aliases(find_aliases(own.sentences, lexicons))
    identity = identity._replace(is_of_family=is_written_by("family_writer", own, lexicons, identity))
    is_another = identity.is_of_family or is_written_by("other_writer", own, lexicons, identity)
    identity = identity._replace(writer=find_writer(own, lexicons, identity) or ("" if is_another else None))
    statements = find_statements(own.sentences, lexicons, identity)
    if identity.writer is None and is_told_by_another(statements, own, lexicons, identity):
        identity = identity._replace(writer=name_at_end(own, lexicons, identity) or "")
        statements = find_statements(own.sentences, lexicons, identity)
    return Reading(
        message=message,
        transport=division.transport,
        sources=Sources(
            own=own,
            identity=identity,
            lexicons=lexicons,
            today=today,
            month_first=month_first_habit(
                own.own, lexicons[0].language if lexicons else None, envelope.utc_offset_hours
            ),
            vcard=message.vcard,
        ),
        statements=tuple(statements),
        has_absence_subject=division.has_absence_subject,
        report=division.report,
    )


def _local_day(moment: datetime | None, offset_hours: float | None) -> date | None:
    if moment is None:
        return None
    try:
        return (moment + timedelta(hours=offset_hours or 0)).date()
    except OverflowError:
        return moment.date()
