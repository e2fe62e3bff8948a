"""Presence: away for a time, back, or there.

Belongs here: deciding OUT_OF_OFFICE and ACTIVE from statements.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from autoresponder_dagster.addresses import is_role_mailbox
from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.dates import FUTURE
from autoresponder_dagster.determination.lexicon import AWAY, DEPARTED, NO_SPACES, Meaning, lexicon
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.sender_facts import stated_employer, title_in_passing
from autoresponder_dagster.determination.statements import Statement
from autoresponder_dagster.determination.subjects import Who
from autoresponder_dagster.determination.transport import TransportClass
from autoresponder_dagster.determination.verdict import CLEAR, DOUBTFUL, NEARLY, Verdict, matched_entries
from autoresponder_dagster.schemas.enums import Category, Determination
from autoresponder_dagster.schemas.messages import MAX_EVIDENCE

LONG_ABSENCE = timedelta(days=60)
_RULE_END = re.compile(r"enddate\D{0,6}(\d{4}-\d{2}-\d{2})")


def is_vacation_rule(reading: Reading) -> bool:
    """Tell whether Apple's mail server answered by a vacation rule (mail.md §1.2)."""
    return "vacation" in reading.message.header("x-apple-action").lower()


def vacation_end(reading: Reading) -> str | None:
    """Return the end of an Apple vacation rule: a return date that only the header states (mail.md §1.2)."""
    found = _RULE_END.search(reading.message.header("x-apple-criteria").lower())
    return found.group(1) if found and is_vacation_rule(reading) else None


def absence_or_presence(reading: Reading, base: Verdict) -> Verdict | None:
    """Decide whether the sender is away, back or there; null where neither is said."""
    away = [s for s in reading.of_sender(*AWAY) if not (s.is_negated or s.is_over)]
    away = [s for s in away if not _is_of_another(reading, s)]
    away += [s for s in reading.of_sender(*DEPARTED) if s.is_temporary and not s.is_negated]
    firm = [s for s in away if not s.is_weak]
    back = [s for s in reading.of_sender(Meaning.RETURNED) if not (s.is_negated or s.is_hedged)]
    back += [s._replace(means=Meaning.RETURNED) for s in reading.of_sender(*AWAY) if s.is_over and s.who == Who.SENDER]
    here = [s for s in reading.of_sender(Meaning.STILL_HERE, Meaning.WILL_REPLY) if not s.is_negated]
    stays = [s for s in here if s.means == Meaning.STILL_HERE]
    back = [s for s in back if not _is_ahead(reading, s)]
    if back and not _goes_again(reading, firm, back):
        verdict = _presence(reading, back, base)
        returns = {s.sentence for s in back}
        still_away = any(s.sentence not in returns and s.who == Who.SENDER for s in firm)
        return verdict._replace(confidence=min(verdict.confidence, DOUBTFUL)) if still_away else verdict
    hinted = away if reading.is_automatic or _return_day(reading, away) is not None else []
    if not reading.is_automatic and stays and _return_day(reading, away) is None:
        firm = hinted = []  # Who answers and says so is there, whatever else is told of an absence without an end.
    if firm or ((hinted or is_vacation_rule(reading)) and not stays) or (reading.has_absence_subject and not here):
        return absence_facts(reading, firm or away, base)
    if here:
        return _presence(reading, here, base)
    return absence_facts(reading, [], base) if _only_tells_return(reading) else None


def _is_of_another(reading: Reading, away: Statement) -> bool:
    """Tell whether an absence is somebody else's.

    Who writes by hand says "I" ("Marcia's on leave and her mail comes to me"), but in Chinese and Japanese. Whoever
    stands in for somebody is there, by hand or not ("While Ann is ill I act for her").
    """
    is_by_hand = not reading.is_automatic and away.who == Who.UNRESOLVED and away.language not in NO_SPACES
    return is_by_hand or reading.stands_in(away)


def _return_day(reading: Reading, away: Sequence[Statement]) -> date | None:
    return facts.return_date(reading.sources, {s.sentence for s in away}).value


def _only_tells_return(reading: Reading) -> bool:
    """Tell whether a person's automatic reply says when somebody is back, in whatever words the absence is told."""
    is_personal = reading.transport == TransportClass.AUTOMATIC_REPLY and not is_role_mailbox(
        reading.identity.email or ""
    )
    says_more = any(
        s.means in (Meaning.RECEIVED, Meaning.OLD_ADDRESS_ENDS, Meaning.UNMONITORED) for s in reading.statements
    )
    numbers = range(len(reading.sources.own.sentences))
    return is_personal and not says_more and facts.return_date(reading.sources, numbers).value is not None


def _is_ahead(reading: Reading, statement: Statement) -> bool:
    """Tell whether the return is still to come ("On Monday I am back"): a day ahead is given, and none since when.

    "Today" is none since when where it is a day ahead by which the words of return stand ("Out today, back tomorrow").
    """
    today, sentence = reading.sources.today, reading.sources.own.sentences[statement.sentence]
    known = lexicon(statement.language)
    if today is None or "since" not in known.words:
        return False
    since = {found.group() for found in known.words["since"].finditer(sentence.folded)}
    if since:
        is_today = since <= set(known.terms["today"])
        return is_today and facts.returns_later(reading.sources, statement.sentence)
    days = (stated.value for stated in reading.sources.dates(sentence, FUTURE) if not stated.is_duration)
    return any(day is not None and today < day < today + LONG_ABSENCE for day in days)


def _tells_return(reading: Reading) -> bool:
    return facts.return_date(reading.sources, []).value not in (None, reading.sources.today)


def _goes_again(reading: Reading, away: Sequence[Statement], back: Sequence[Statement]) -> bool:
    """Tell whether a sentence without a return speaks of an absence that is still to end."""
    returns = {s.sentence for s in back}
    return any(
        s.sentence not in returns and facts.return_date(reading.sources, [s.sentence]).value is not None for s in away
    )


def absence_facts(reading: Reading, away: Sequence[Statement], base: Verdict) -> Verdict:
    """Return an absence with its facts: until when, and of which kind (rules.md §4)."""
    sources = reading.sources
    sentences = sorted({s.sentence for s in away}) or range(len(sources.own.sentences))
    back = facts.return_date(sources, sentences, is_away=True)
    if back.value is None and reading.has_absence_subject:
        back = facts.return_in_subject(sources, reading.message.envelope.subject or "")
    end = back.value.isoformat() if back.value else vacation_end(reading)
    is_firm = any(not s.is_weak for s in away)
    confidence = CLEAR if reading.is_automatic and is_firm and back.is_certain else NEARLY
    kinds = {s.means for s in away}
    category = Category.OFFICE_CLOSED if kinds == {Meaning.OFFICE_CLOSED} else Category.ABSENCE
    is_long = end is not None and sources.today is not None and date.fromisoformat(end) - sources.today > LONG_ABSENCE
    if Meaning.EXTENDED_LEAVE in kinds or is_long:
        category = Category.EXTENDED_LEAVE
    subject = (reading.message.envelope.subject or "")[:MAX_EVIDENCE] or None
    lead = next((s for s in away if not s.is_weak), away[0] if away else None)
    return base._replace(
        determination=Determination.OUT_OF_OFFICE,
        category=category,
        confidence=confidence,
        evidence=reading.evidence(lead) if lead else subject,
        matched=matched_entries(*away),
        return_date=end,
    )


def _tells_of_change(reading: Reading, here: Statement) -> bool:
    """Tell whether another sentence says that the sender has a new post, or any that the old address ends."""
    has_duties = any(
        s.is_first_person and not s.is_negated and s.sentence != here.sentence
        for s in reading.of_sender(Meaning.NEW_TITLE)
    )
    return has_duties or any(s.means == Meaning.OLD_ADDRESS_ENDS for s in reading.statements)


def _presence(reading: Reading, here: Sequence[Statement], base: Verdict) -> Verdict:
    # Chinese and Japanese leave out the subject where it is the writer.
    writers = [s for s in here if s.who == Who.SENDER or (s.who == Who.IMPLICIT and s.language in NO_SPACES)]
    sure = [s for s in writers if not (s.is_weak or s.is_hedged)]
    lead = (sure or here)[0]
    only_promises = all(s.means == Meaning.WILL_REPLY for s in here)
    is_office = (
        is_role_mailbox(reading.identity.email or "") or reading.transport == TransportClass.TICKET_ACKNOWLEDGEMENT
    )
    if is_office and only_promises and reading.is_automatic:
        return base._replace(category=Category.ACKNOWLEDGEMENT, confidence=CLEAR, evidence=reading.evidence(lead))
    confidence = CLEAR
    is_served = only_promises and reading.is_automatic and any(s.means == Meaning.RECEIVED for s in reading.statements)
    has_moved = facts.other_own_address(reading.sources, at_home=False) is not None
    # "The office is hers now, I am still in the house": perhaps in another post.
    is_succeeded = (lead.means == Meaning.STILL_HERE or not reading.is_automatic) and any(
        s.means == Meaning.SUCCESSOR and not s.is_weak for s in reading.statements
    )
    is_succeeded = is_succeeded or bool(reading.of_sender(Meaning.ROLE_ENDED))
    # Whose post or name is new is there, and that is not the news.
    is_succeeded = is_succeeded or any(
        s.language in NO_SPACES and not s.is_negated for s in reading.of_sender(Meaning.NEW_TITLE, Meaning.NAME_CHANGED)
    )
    # "The agency I have left, in the association I stay": whose address this is must be looked at.
    has_left = any(not (s.is_negated or s.is_temporary) for s in reading.of_sender(*DEPARTED))
    is_elsewhere = stated_employer(reading) is not None or (has_left and not reading.is_automatic)
    # "I have left the chair and am still in the house": the post is another one.
    is_elsewhere = is_elsewhere or any(
        s.is_first_person and not (s.is_negated or s.is_temporary or s.is_hedged or s.is_weak or s.is_partial)
        for s in reading.of_sender(*DEPARTED)
    )
    has_new_post = title_in_passing(reading, "title_news") is not None
    # "The title has changed, I am still here", "this mailbox ends, I work as usual": that is the news.
    has_new_post = has_new_post or (lead.means == Meaning.STILL_HERE and _tells_of_change(reading, lead))
    is_away = lead.means == Meaning.STILL_HERE and reading.is_automatic and _tells_return(reading)
    if is_office or not sure or is_served or has_moved or is_succeeded or is_elsewhere or has_new_post or is_away:
        confidence = DOUBTFUL
    elif only_promises and not reading.is_automatic:
        confidence = NEARLY
    return base._replace(
        determination=Determination.ACTIVE,
        category=Category.RETURNED if lead.means == Meaning.RETURNED else Category.STILL_HERE,
        confidence=confidence,
        evidence=reading.evidence(lead),
        matched=matched_entries(*here),
    )
