"""The verdict: what one message says, how surely, and on which words it rests (rules.md §4).

Belongs here: the order in which the stages run and how statements combine into one determination. Does not
belong here: how a statement or a fact is read. Confidence at or above 0.80 needs an explicit statement in
the present or past, about the sender, in the sender's own words; everything doubtful stays below.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from autoresponder_dagster.addresses import domain_of, is_role_mailbox, normalize_email
from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.bounces import DeliveryReport, read_report
from autoresponder_dagster.determination.dates import FUTURE, PAST, month_first_habit
from autoresponder_dagster.determination.folding import collapse, fold
from autoresponder_dagster.determination.language import detect_languages
from autoresponder_dagster.determination.lexicon import AWAY, DEPARTED, LANGUAGES, NO_SPACES, Meaning, lexicon
from autoresponder_dagster.determination.mailboxes import find_mailboxes, names_match
from autoresponder_dagster.determination.own_words import OwnWords, divide
from autoresponder_dagster.determination.parse import ParsedMessage, parse
from autoresponder_dagster.determination.people import Identity, identity_of, person_names
from autoresponder_dagster.determination.statements import Statement, Who, find_aliases, find_statements
from autoresponder_dagster.determination.transport import TransportClass, classify, own_subject
from autoresponder_dagster.schemas.enums import Category, Determination
from autoresponder_dagster.schemas.messages import MAX_EVIDENCE

EXPLICIT = 0.95
INFERRED = 0.85
REPORTED = 0.65
DOUBTFUL = 0.60
SETTLED_UNKNOWN = 0.90
UNCLEAR = 0.50
MAX_OWN_TEXT = 16_000

_SYSTEM_SENDER = re.compile(
    r"^(?:no-?_?reply|do-?_?not-?_?reply|donotreply|mailer-?daemon|postmaster|notifications?|system|auto-?reply|autoresponder|automailer|bounces?|daemon|root|nobody|mailadmin|it-?admin|helpdesk|servicedesk)\b"
)
_ENDED = {Meaning.LEFT: Category.LEFT, Meaning.RETIRED: Category.RETIRED, Meaning.DECEASED: Category.DECEASED,
          Meaning.POSITION_ELIMINATED: Category.POSITION_ELIMINATED}  # fmt: skip
_UNKNOWN_TRANSPORT = {
    TransportClass.FEEDBACK_REPORT: Category.FEEDBACK_REPORT,
    TransportClass.READ_RECEIPT: Category.READ_RECEIPT,
    TransportClass.CHALLENGE_RESPONSE: Category.CHALLENGE_RESPONSE,
    TransportClass.MAILING_LIST: Category.MAILING_LIST,
}


@dataclass(frozen=True)
class Stages:
    """What each stage saw, for a reader who wants to follow a verdict."""

    own_words: str = ""
    signature: str = ""
    footer: str = ""
    quoted: str = ""
    languages: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    contacts: tuple[facts.Contact, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one message says: the fields of ``DeterminationRow`` that a message yields by itself.

    ``sender_email`` is whom the message is about; null where that cannot be told. Dates are ISO 8601.
    ``alternates`` are all people named to turn to; the first leads in ``replacement_*``.
    """

    sender_email: str | None
    subject: str | None
    determination: Determination
    category: Category
    confidence: float
    transport_class: TransportClass
    evidence: str | None = None
    language: str | None = None
    new_email: str | None = None
    new_title: str | None = None
    new_org: str | None = None
    replacement_name: str | None = None
    replacement_email: str | None = None
    replacement_title: str | None = None
    return_date: str | None = None
    effective_date: str | None = None
    failed_recipient: str | None = None
    status_code: str | None = None
    bounce_reason: str | None = None
    parse_problem: str | None = None
    matched: str | None = None
    alternates: tuple[facts.Contact, ...] = ()
    stages: Stages = Stages()


@dataclass(frozen=True)
class Reading:
    """One message read up to its statements: the input of the decision."""

    message: ParsedMessage
    transport: TransportClass
    sources: facts.Sources
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

    def in_subject(self, statement: Statement) -> bool:
        """Tell whether a statement stands in the subject line."""
        return self.sources.own.sentences[statement.sentence].is_subject

    def of_sender(self, *meanings: Meaning) -> list[Statement]:
        """Return the statements of some meanings about the sender (or about nobody in particular)."""
        return [s for s in self.statements if s.means in meanings and s.who != Who.THIRD]

    def evidence(self, statement: Statement) -> str:
        """Return the sentence of a statement, at most ``MAX_EVIDENCE`` characters around it."""
        text = self.sources.own.sentences[statement.sentence].text
        if len(text) <= MAX_EVIDENCE:
            return text
        start = max(0, min(statement.start - 40, len(text) - MAX_EVIDENCE))
        return text[start : start + MAX_EVIDENCE].strip()


def read(raw: bytes, sender_email: str | None, received_at: datetime | None) -> Reading:
    """Run the stages up to the statements."""
    message = parse(raw)
    transport = classify(message)
    envelope = message.envelope
    report = read_report(message, raw) if transport == TransportClass.DELIVERY_REPORT else None
    if report is not None:
        identity = identity_of(report.failed_recipient, None)
    else:
        identity = identity_of(normalize_email(sender_email) or envelope.sender_email, envelope.sender_name)
    text = message.text[:MAX_OWN_TEXT]
    detected = detect_languages(text)
    lexicons = tuple(lexicon(language) for language in (detected or (LANGUAGES if len(text) < 600 else ("en",))))
    subject, has_absence_subject = own_subject(envelope.subject or "", transport != TransportClass.HUMAN)
    own = divide(text, lexicons, identity.tokens, subject)
    own_language = detect_languages(own.own or text)
    if own_language and own_language != detected:
        lexicons = tuple(lexicon(language) for language in own_language)
    subject_languages = (
        [language for language in detect_languages(subject) if lexicon(language) not in lexicons] if subject else []
    )
    lexicons += tuple(lexicon(language) for language in subject_languages)
    moment = envelope.date or envelope.received_at or received_at
    today = _local_day(moment, envelope.utc_offset_hours)
    identity = identity.with_aliases(find_aliases(own.sentences, lexicons))
    return Reading(
        message=message,
        transport=transport,
        sources=facts.Sources(
            own=own,
            identity=identity,
            lexicons=lexicons,
            today=today,
            month_first=month_first_habit(
                own.own, lexicons[0].language if lexicons else None, envelope.utc_offset_hours
            ),
            vcard=message.vcard,
        ),
        statements=tuple(find_statements(own.sentences, lexicons, identity)),
        has_absence_subject=has_absence_subject,
        report=report,
    )


def _local_day(moment: datetime | None, offset_hours: float | None) -> date | None:
    if moment is None:
        return None
    try:
        return (moment + timedelta(hours=offset_hours or 0)).date()
    except OverflowError:
        return moment.date()


def decide(reading: Reading) -> Verdict:
    """Return the verdict on a message that has been read."""
    verdict = _decide(reading)
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
    return replace(verdict, language=language, stages=stages, parse_problem=reading.message.problem)


def _base(reading: Reading) -> Verdict:
    return Verdict(
        sender_email=reading.identity.email,
        subject=reading.message.envelope.subject,
        determination=Determination.UNKNOWN,
        category=Category.UNCLEAR,
        confidence=UNCLEAR,
        transport_class=reading.transport,
    )


def _decide(reading: Reading) -> Verdict:
    base = _base(reading)
    if reading.report is not None:
        return _delivery_verdict(reading, reading.report, base)
    if reading.transport in _UNKNOWN_TRANSPORT:
        return replace(base, category=_UNKNOWN_TRANSPORT[reading.transport], confidence=SETTLED_UNKNOWN)
    if not reading.sources.own.sentences and not reading.has_absence_subject:
        return _unreadable(reading, base)
    for decision in (
        _unsubscribe,
        _spam,
        _departure,
        _address_change,
        _title_change,
        _absence_or_presence,
        _mailbox,
        _acknowledgement,
    ):
        verdict = decision(reading, base)
        if verdict is not None:
            return verdict
    return _rest(reading, base)


def _unreadable(reading: Reading, base: Verdict) -> Verdict:
    if reading.message.problem:
        return replace(base, category=Category.PARSE_PROBLEM, confidence=SETTLED_UNKNOWN)
    end = _criteria_end(reading)
    if end is not None:
        return replace(
            base,
            determination=Determination.OUT_OF_OFFICE,
            category=Category.ABSENCE,
            confidence=INFERRED,
            return_date=end,
        )
    if reading.sources.own.quoted.strip() and reading.transport == TransportClass.HUMAN:
        return replace(base, category=Category.UNCLEAR)
    return replace(base, category=Category.EMPTY, confidence=SETTLED_UNKNOWN)


def _is_vacation_rule(reading: Reading) -> bool:
    return "vacation" in reading.message.header("x-apple-action").lower()


def _criteria_end(reading: Reading) -> str | None:
    """Return the end of an Apple vacation rule: a return date that only the header states (mail.md §1.2)."""
    if not _is_vacation_rule(reading):
        return None
    found = re.search(r"enddate\D{0,6}(\d{4}-\d{2}-\d{2})", reading.message.header("x-apple-criteria").lower())
    return found.group(1) if found else None


def _matched(*statements: Statement) -> str | None:
    return ";".join(dict.fromkeys(statement.entry for statement in statements)) or None


# ---- delivery reports -----------------------------------------------------------------------------


def _delivery_verdict(reading: Reading, report: DeliveryReport, base: Verdict) -> Verdict:
    category = {
        "delayed": Category.DELAYED,
        "delivered": Category.DELIVERED,
        "relayed": Category.DELIVERED,
        "expanded": Category.DELIVERED,
    }.get(report.action, Category.UNDELIVERABLE)
    base = replace(
        base,
        sender_email=report.failed_recipient,
        category=category,
        confidence=SETTLED_UNKNOWN,
        failed_recipient=report.failed_recipient,
        status_code=report.status_code,
        bounce_reason=report.reason,
    )
    if category != Category.UNDELIVERABLE or report.failed_recipient is None:
        return base
    gone = [
        s
        for s in reading.of_sender(*DEPARTED)
        if s.who == Who.SENDER
        and s.is_named
        and not s.is_first_person
        and not (s.is_negated or s.is_hedged or s.is_temporary or s.is_partial or s.is_weak)
    ]
    if not gone:
        return base
    departed = _departure_facts(reading, gone[0], base)
    return replace(
        departed,
        determination=Determination.INACTIVE,
        confidence=INFERRED,
        replacement_name=None,
        replacement_email=None,
    )


# ---- departures -----------------------------------------------------------------------------------


def _departure(reading: Reading, base: Verdict) -> Verdict | None:
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
    titled = _title_statement(reading)
    stays = reading.of_sender(Meaning.STILL_HERE, Meaning.RETURNED) + reading.of_sender(Meaning.ADDRESS_UNCHANGED)
    stays = [s for s in stays if not s.is_negated]
    if not said:
        if soon:
            return _future(reading, soon, base)
        return _proxy_departure(reading, base)
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
    if titled is not None and _new_employer(reading) is None:
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
    address, fit, _ = _stated_address(reading)
    if (
        address is not None
        and _new_employer(reading) is None
        and domain_of(address) == domain_of(reading.identity.email or "")
    ):
        return None
    verdict = _departure_facts(reading, leading, base)
    return replace(verdict, confidence=confidence, matched=_matched(leading, *said))


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
    confidence = EXPLICIT if statement.is_named else 0.90
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
        confidence=SETTLED_UNKNOWN,
        evidence=reading.evidence(soon[0]),
        effective_date=day.isoformat() if day else None,
        replacement_name=lead.name if lead else None,
        replacement_email=lead.email if lead else None,
        matched=_matched(*soon),
        alternates=tuple(people),
    )


def _new_employer(reading: Reading) -> str | None:
    for statement in reading.of_sender(Meaning.NEW_EMPLOYER):
        if statement.is_negated or statement.org is None:
            continue
        sentence = reading.sources.own.sentences[statement.sentence]
        name = facts.clean_organization(sentence.text[statement.org[0] : statement.org[1]])
        if name is not None and not _is_own_organization(name, reading.identity):
            return name
    return None


def _is_own_organization(name: str, identity: Identity) -> bool:
    domain = re.sub(r"[^a-z]", "", domain_of(identity.email or "").rpartition(".")[0])
    words = [word for word in re.findall(r"[a-z]+", fold(name)) if len(word) >= 4]
    return bool(words) and all(word in domain for word in words[:2])


def _departure_facts(reading: Reading, leading: Statement, base: Verdict) -> Verdict:
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
    employer = _new_employer(reading)
    own_new, new_title = None, None
    if leading.means != Meaning.DECEASED:
        address, fit, _ = _stated_address(reading)
        if address is not None and fit >= 0.75:
            own_new = address
        elif employer is not None or any(s.is_first_person for s in reading.of_sender(*DEPARTED)):
            own_new = _personal_forwarding(reading)
        if employer is not None:
            titled = _title_statement(reading)
            new_title = titled[1] if titled else _title_at_employer(reading)
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
        matched=_matched(leading),
        effective_date=day.isoformat() if day else None,
        new_org=employer,
        new_email=own_new,
        new_title=new_title,
        replacement_name=lead.name if lead else None,
        replacement_email=lead.email if lead else None,
        replacement_title=lead.title if lead else None,
        alternates=tuple(people),
    )


def _title_at_employer(reading: Reading) -> str | None:
    for statement in reading.of_sender(Meaning.NEW_EMPLOYER):
        rest = reading.sources.own.sentences[statement.sentence].text[statement.start :]
        found = re.search(
            r"\b(?:as|als|comme|en tant que|como|come|jako|som) (?:an? |the |la |le |el |il |die |der |their )?([^,.;:!?()]{3,60})",
            rest,
        )
        if found:
            title = facts.clean_title(found.group(1), reading.sources.lexicons, None)
            if title:
                return title
    return None


def _personal_forwarding(reading: Reading) -> str | None:
    """Return an address of the sender's own form under another domain that the own words give."""
    for box in find_mailboxes(reading.sources.own.own):
        if (
            box.email != reading.identity.email
            and facts.is_own_address(box.email, reading.identity)
            and not is_role_mailbox(box.email)
        ):
            if domain_of(box.email) != domain_of(reading.identity.email or ""):
                return box.email
    return None


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
        return replace(base, sender_email=None, category=Category.UNDETERMINED_SENDER, confidence=SETTLED_UNKNOWN,
                       evidence=reading.evidence(leading), matched=_matched(*said))  # fmt: skip
    email = next(iter(candidates))
    attributed = replace(reading, sources=replace(sources, identity=identity_of(email, named[0] if named else None)))
    verdict = _departure_facts(attributed, leading, replace(base, sender_email=email))
    return replace(verdict, confidence=INFERRED, matched=_matched(*said))


def _proxy_departure(reading: Reading, base: Verdict) -> Verdict | None:
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
    verdict = _departure_facts(reading, gone[0], base)
    return replace(verdict, confidence=DOUBTFUL, new_email=None)


# ---- addresses and titles -------------------------------------------------------------------------


def _stated_address(reading: Reading) -> tuple[str | None, float, Statement | None]:
    best: tuple[str | None, float, Statement | None] = (None, 0.0, None)
    statements = [s for s in reading.of_sender(Meaning.NEW_ADDRESS) if not (s.is_negated or s.is_temporary)]
    for statement in sorted(statements, key=lambda s: (s.is_weak, reading.in_subject(s), s.sentence)):
        address, fit = facts.new_address(reading.sources, statement)
        if address is not None and fit > best[1]:
            best = (address, fit, statement)
    return best


def _address_change(reading: Reading, base: Verdict) -> Verdict | None:
    address, fit, statement = _stated_address(reading)
    if address is None or statement is None:
        return None
    said = [s for s in reading.of_sender(Meaning.NEW_ADDRESS) if not s.is_negated]
    supporting = reading.of_sender(Meaning.OLD_ADDRESS_ENDS, Meaning.ORGANIZATION_RENAMED, Meaning.NAME_CHANGED)
    strong = [s for s in said if not s.is_weak]
    if not strong and not supporting and not (reading.is_automatic and fit >= 0.75):
        return None
    confidence = min(fit, EXPLICIT)
    if not strong and not supporting:
        confidence = min(confidence, DOUBTFUL)
    if _new_employer(reading) is not None and not any(s.means == Meaning.ORGANIZATION_RENAMED for s in supporting):
        confidence = min(confidence, DOUBTFUL)
    if any(s.is_hedged for s in [statement]) or is_role_mailbox(reading.identity.email or ""):
        confidence = min(confidence, 0.75)
    if not reading.is_automatic and not (fit >= 0.9 and strong):
        confidence = min(confidence, REPORTED)
    category = Category.ADDRESS_CHANGED
    if any(s.means == Meaning.NAME_CHANGED for s in supporting):
        category = Category.NAME_CHANGED
    if any(s.means == Meaning.ORGANIZATION_RENAMED for s in supporting):
        category = Category.ORGANIZATION_RENAMED
    day = None
    for candidate in [statement, *supporting]:
        if candidate.means in (Meaning.OLD_ADDRESS_ENDS, Meaning.NAME_CHANGED):
            continue
        day, _ = facts.effective_date(reading.sources, candidate, PAST)
        if day is not None and not _is_ending(reading, candidate):
            break
        day = None
    titled = _title_statement(reading)
    back = None
    away = [s for s in reading.of_sender(*AWAY) if not s.is_negated]
    if away:
        back, _ = facts.return_date(reading.sources, sorted({s.sentence for s in away}))
    return replace(
        base,
        determination=Determination.EMAIL_UPDATE,
        category=category,
        confidence=confidence,
        evidence=reading.evidence(statement),
        matched=_matched(statement, *supporting),
        new_email=address,
        new_title=titled[1] if titled else None,
        return_date=back.isoformat() if back else None,
        effective_date=day.isoformat() if day else None,
    )


def _is_ending(reading: Reading, statement: Statement) -> bool:
    return any(s.means == Meaning.OLD_ADDRESS_ENDS and s.sentence == statement.sentence for s in reading.statements)


def _title_statement(reading: Reading) -> tuple[Statement, str] | None:
    for statement in reading.of_sender(Meaning.NEW_TITLE):
        if statement.is_negated or statement.title is None:
            continue
        if statement.who != Who.SENDER and not (
            statement.who == Who.IMPLICIT and statement.language in NO_SPACES and reading.is_automatic
        ):
            continue
        raw = reading.sources.own.sentences[statement.sentence].text[statement.title[0] : statement.title[1]]
        title = facts.clean_title(raw, reading.sources.lexicons, reading.identity)
        if title is not None:
            return statement, title
    return None


def _title_change(reading: Reading, base: Verdict) -> Verdict | None:
    titled = _title_statement(reading)
    if titled is None:
        return None
    statement, title = titled
    away = [s for s in reading.of_sender(*AWAY) if not (s.is_negated or s.is_weak)]
    confidence = EXPLICIT if statement.is_first_person else INFERRED
    if statement.is_hedged or statement.is_temporary or away:
        confidence = DOUBTFUL
    if not reading.is_automatic:
        confidence = min(confidence, INFERRED if statement.is_first_person else REPORTED)
    if away and not reading.of_sender(Meaning.ROLE_ENDED):
        return None
    day, _ = facts.effective_date(reading.sources, statement, PAST)
    for other in reading.of_sender(Meaning.ROLE_ENDED):
        if day is None:
            day, _ = facts.effective_date(reading.sources, other, PAST)
    if day is None and statement.sentence > 0:
        previous = replace(statement, sentence=statement.sentence - 1, start=0, end=0)
        day, _ = facts.effective_date(reading.sources, previous, PAST)
    if day is not None and reading.sources.today is not None and day > reading.sources.today:
        confidence = min(confidence, DOUBTFUL)
    return replace(
        base,
        determination=Determination.TITLE_UPDATE,
        category=Category.TITLE_CHANGED,
        confidence=confidence,
        evidence=reading.evidence(statement),
        matched=_matched(statement),
        new_title=title,
        effective_date=day.isoformat() if day else None,
    )


# ---- absence and presence -------------------------------------------------------------------------


def _absence_or_presence(reading: Reading, base: Verdict) -> Verdict | None:
    temporary = [s for s in reading.of_sender(*DEPARTED) if s.is_temporary and not s.is_negated]
    away = [s for s in reading.of_sender(*AWAY) if not (s.is_negated or s.is_over)] + temporary
    back = [s for s in reading.of_sender(Meaning.RETURNED) if not s.is_negated and not s.is_hedged]
    back += [replace(s, means=Meaning.RETURNED) for s in reading.of_sender(*AWAY) if s.is_over and s.who == Who.SENDER]
    here = [s for s in reading.of_sender(Meaning.STILL_HERE, Meaning.WILL_REPLY) if not s.is_negated]
    firm = [s for s in away if not s.is_weak]
    if back and not [
        s for s in firm if not any(abs(s.sentence - b.sentence) == 0 for b in back) and _has_future(reading, s)
    ]:
        return _presence(reading, back, base)
    stays = [s for s in here if s.means == Meaning.STILL_HERE]
    if (
        firm
        or (away and not stays)
        or (_is_vacation_rule(reading) and not stays)
        or (reading.has_absence_subject and not here)
    ):
        return _absence(reading, firm or away, base)
    if here:
        return _presence(reading, here, base)
    return None


def _has_future(reading: Reading, statement: Statement) -> bool:
    day, _ = facts.return_date(reading.sources, [statement.sentence])
    return day is not None


def _absence(reading: Reading, away: Sequence[Statement], base: Verdict) -> Verdict:
    sources = reading.sources
    numbers = sorted({s.sentence for s in away})
    day, certain = facts.return_date(sources, numbers)
    if day is None:
        day, certain = facts.return_date(sources, range(len(sources.own.sentences)))
    if day is None and _criteria_end(reading):
        day = date.fromisoformat(_criteria_end(reading) or "")
    firm = [s for s in away if not s.is_weak]
    confidence = 0.92 if reading.is_automatic and firm else 0.8 if reading.is_automatic else 0.7
    if not certain:
        confidence = min(confidence, 0.75)
    kinds = {s.means for s in away}
    category = Category.OFFICE_CLOSED if kinds == {Meaning.OFFICE_CLOSED} else Category.ABSENCE
    if Meaning.EXTENDED_LEAVE in kinds or (day and sources.today and (day - sources.today).days > 60):
        category = Category.EXTENDED_LEAVE
    evidence = (
        reading.evidence(firm[0] if firm else away[0])
        if away
        else (reading.message.envelope.subject or "")[:MAX_EVIDENCE] or None
    )
    return replace(
        base,
        determination=Determination.OUT_OF_OFFICE,
        category=category,
        confidence=confidence,
        evidence=evidence,
        matched=_matched(*away),
        return_date=day.isoformat() if day else None,
    )


def _presence(reading: Reading, here: Sequence[Statement], base: Verdict) -> Verdict:
    sure = [s for s in here if s.who == Who.SENDER and not s.is_weak and not s.is_hedged]
    confidence = 0.9 if sure else DOUBTFUL
    if sure and not reading.is_automatic and all(s.means == Meaning.WILL_REPLY for s in sure):
        confidence = 0.75
    if is_role_mailbox(reading.identity.email or "") or reading.transport == TransportClass.TICKET_ACKNOWLEDGEMENT:
        confidence = min(confidence, DOUBTFUL)
        if reading.is_automatic and all(s.means == Meaning.WILL_REPLY for s in here):
            return replace(
                base, category=Category.ACKNOWLEDGEMENT, confidence=SETTLED_UNKNOWN, evidence=reading.evidence(here[0])
            )
    lead = (sure or list(here))[0]
    return replace(
        base,
        determination=Determination.ACTIVE,
        category=Category.RETURNED if lead.means == Meaning.RETURNED else Category.STILL_HERE,
        confidence=confidence,
        evidence=reading.evidence(lead),
        matched=_matched(*here),
    )


# ---- everything else ------------------------------------------------------------------------------


def _unsubscribe(reading: Reading, base: Verdict) -> Verdict | None:
    asked = [s for s in reading.statements if s.means == Meaning.UNSUBSCRIBE]
    departed = [s for s in reading.of_sender(*DEPARTED) if not s.is_negated and not s.is_weak]
    changed = reading.of_sender(Meaning.NEW_ADDRESS)
    if (
        not asked
        or departed
        or changed
        or (reading.is_automatic and any(s.means in AWAY or s.means == Meaning.RETURNED for s in reading.statements))
    ):
        return None
    return replace(
        base,
        category=Category.UNSUBSCRIBE_REQUEST,
        confidence=SETTLED_UNKNOWN,
        evidence=reading.evidence(asked[0]),
        matched=_matched(asked[0]),
    )


def _spam(reading: Reading, base: Verdict) -> Verdict | None:
    said = [s for s in reading.statements if s.means == Meaning.SPAM]
    if not said or reading.is_automatic:
        return None
    return replace(
        base, category=Category.SPAM, confidence=0.8, evidence=reading.evidence(said[0]), matched=_matched(*said)
    )


def _mailbox(reading: Reading, base: Verdict) -> Verdict | None:
    said = [s for s in reading.statements if s.means in (Meaning.UNMONITORED, Meaning.OLD_ADDRESS_ENDS)]
    if not said or not reading.is_automatic:
        return None
    return replace(
        base,
        category=Category.MAILBOX_UNMONITORED,
        confidence=0.8,
        evidence=reading.evidence(said[0]),
        matched=_matched(*said),
    )


def _acknowledgement(reading: Reading, base: Verdict) -> Verdict | None:
    received = [s for s in reading.statements if s.means == Meaning.RECEIVED]
    if reading.transport == TransportClass.TICKET_ACKNOWLEDGEMENT or (received and reading.is_automatic):
        evidence = reading.evidence(received[0]) if received else None
        return replace(
            base,
            category=Category.ACKNOWLEDGEMENT,
            confidence=SETTLED_UNKNOWN,
            evidence=evidence,
            matched=_matched(*received),
        )
    return None


def _rest(reading: Reading, base: Verdict) -> Verdict:
    third = [s for s in reading.statements if s.who == Who.THIRD and s.means in DEPARTED | AWAY]
    if not reading.is_automatic:
        words = collapse(reading.sources.own.own)
        if len(words) >= 2:
            return replace(
                base,
                determination=Determination.ACTIVE,
                category=Category.HUMAN_MESSAGE,
                confidence=0.55,
                evidence=words[:MAX_EVIDENCE],
            )
        return replace(base, category=Category.THIRD_PERSON if third else Category.HUMAN_MESSAGE)
    if third:
        return replace(
            base,
            category=Category.THIRD_PERSON,
            confidence=0.6,
            evidence=reading.evidence(third[0]),
            matched=_matched(*third),
        )
    return base


def addresses_of(reading: Reading) -> set[str]:
    """Return every address that a verdict on this message could name."""
    own = reading.sources.own
    found = {box.email for block in (own.own, own.signature, reading.sources.vcard) for box in find_mailboxes(block)}
    found.update(box.email for sentence in own.sentences for box in find_mailboxes(sentence.text))
    if reading.report is not None and reading.report.failed_recipient:
        found.add(reading.report.failed_recipient)
    return found


def unreadable(raw: bytes, sender_email: str | None, error: Exception) -> Verdict:
    """Return the verdict on a message that broke the reader: nothing is known but that."""
    return Verdict(
        sender_email=normalize_email(sender_email),
        subject=None,
        determination=Determination.UNKNOWN,
        category=Category.PARSE_PROBLEM,
        confidence=SETTLED_UNKNOWN,
        transport_class=TransportClass.HUMAN,
        parse_problem=f"could not be read ({type(error).__name__}, {len(raw)} bytes)",
    )
