"""Changes: a new address or a new title of the same person.

Belongs here: deciding EMAIL_UPDATE and TITLE_UPDATE from statements.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from autoresponder_dagster.addresses import domain_of, is_role_mailbox
from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.asian_names import is_asian
from autoresponder_dagster.determination.dates import FUTURE, PAST
from autoresponder_dagster.determination.lexicon import AWAY, DEPARTED, Meaning, Trait, lexicon
from autoresponder_dagster.determination.mailboxes import names_match
from autoresponder_dagster.determination.organizations import (
    is_own_organization,
    organization_of_domain,
)
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.sender_facts import (
    StatedAddress,
    StatedTitle,
    address_in_passing,
    captured_organization,
    captured_title,
    gives_up,
    is_kept,
    is_same_organization,
    new_title_by_place,
    stated_address,
    stated_employer,
    title_in_passing,
)
from autoresponder_dagster.determination.statements import Statement
from autoresponder_dagster.determination.subjects import Who
from autoresponder_dagster.determination.verdict import (
    CERTAIN,
    CLEAR,
    DOUBTFUL,
    INFERRED,
    NEARLY,
    REPORTED,
    Verdict,
    matched_entries,
)
from autoresponder_dagster.schemas.enums import Category, Determination

_LONG_WORD = 4
OLD_NEWS = timedelta(days=730)
_MOST_OF_A_YEAR = timedelta(days=300)
"""What lies at least between the day meant and the other one, where a day has no year."""
_SUPPORTING = (
    Meaning.OLD_ADDRESS_ENDS,
    Meaning.UNMONITORED,
    Meaning.ORGANIZATION_RENAMED,
    Meaning.NAME_CHANGED,
)


def address_change(reading: Reading, base: Verdict) -> Verdict | None:
    """Decide whether the sender has a new address; null where none is given."""
    address = stated_address(reading)
    supporting = reading.of_sender(*_SUPPORTING)
    if address.email is None or address.fit <= facts.UNSURE:
        in_passing = address_in_passing(reading)
        address = in_passing if in_passing.fit > address.fit else address
    if address.email is None and supporting:
        # The old address ends or the name changed, and another address of the sender stands in the text.
        address = StatedAddress(
            facts.other_own_address(reading.sources, at_home=False), facts.UNSURE, supporting[0]._replace(is_weak=True)
        )
    if address.email is None or address.statement is None:
        return None
    is_strong = any(not (s.is_negated or s.is_weak) for s in reading.of_sender(Meaning.NEW_ADDRESS))
    away = sorted({s.sentence for s in reading.of_sender(*AWAY) if not s.is_negated})
    is_sure = address.fit >= facts.SIGNED and is_same_organization(reading, address.email)
    is_likely = is_sure or (address.fit >= (NEARLY if reading.is_automatic else facts.SIGNED) and not away)
    if not is_strong and not supporting and not is_likely:
        return None
    day = _since(reading, [address.statement, *supporting]) or facts.only_past_day(reading.sources)
    day = day or facts.from_today(reading.sources)
    back = facts.return_date(reading.sources, away).value if away else None
    title = captured_title(reading)
    return base._replace(
        determination=Determination.EMAIL_UPDATE,
        category=_category(supporting),
        confidence=_confidence(reading, address, supporting, is_strong=is_strong),
        evidence=reading.evidence(address.statement),
        matched=matched_entries(address.statement, *supporting),
        new_email=address.email,
        new_title=title.text if title and not title.statement.is_weak else None,
        new_org=_renamed_to(reading, address.email),
        return_date=back.isoformat() if back else None,
        effective_date=day.isoformat() if day else None,
    )


def _category(supporting: Sequence[Statement]) -> Category:
    meanings = {s.means for s in supporting}
    if Meaning.ORGANIZATION_RENAMED in meanings:
        return Category.ORGANIZATION_RENAMED
    return Category.NAME_CHANGED if Meaning.NAME_CHANGED in meanings else Category.ADDRESS_CHANGED


def _confidence(reading: Reading, address: StatedAddress, supporting: Sequence[Statement], *, is_strong: bool) -> float:
    is_renamed = any(s.means == Meaning.ORGANIZATION_RENAMED for s in supporting)
    if reading.identity.writer is not None or _has_taken_over(reading):
        return min(address.fit, DOUBTFUL)  # The address may be that of whoever writes.
    is_sure = address.fit >= facts.SIGNED and is_same_organization(reading, address.email or "")
    if is_role_mailbox(reading.identity.email or ""):
        return min(address.fit, NEARLY)  # Whose mailbox it was is not sure.
    if not is_strong and not supporting:
        return min(address.fit, INFERRED if is_sure else DOUBTFUL)
    if stated_employer(reading) is not None and not is_renamed:
        return min(address.fit, DOUBTFUL)
    if not reading.is_automatic and not (address.fit >= CLEAR and is_strong):
        return min(address.fit, INFERRED if is_sure else REPORTED)
    is_hedged = address.statement is not None and address.statement.is_hedged
    return min(address.fit, NEARLY) if is_hedged else address.fit


def _has_taken_over(reading: Reading) -> bool:
    """Tell whether a mailbox of many hands tells that somebody left: who writes may be the successor."""
    is_shared = is_role_mailbox(reading.identity.email or "") or not _is_named_by_address(reading)
    return is_shared and any(
        s.means in DEPARTED and s.who != Who.SENDER and not (s.is_negated or s.is_temporary) for s in reading.statements
    )


def _is_named_by_address(reading: Reading) -> bool:
    identity = reading.identity
    if identity.name is None or is_asian(identity.name):
        return True  # Letters tell too little of a Chinese or Japanese name.
    return names_match(identity.email or "", identity.name)


def _since(reading: Reading, statements: Sequence[Statement]) -> date | None:
    """Return since when the new address holds: no date on which the old one ends."""
    endings = [s for s in reading.statements if s.means == Meaning.OLD_ADDRESS_ENDS]
    for statement in statements:
        rivals = [s for s in endings if s.sentence == statement.sentence]
        if statement.means not in (Meaning.NAME_CHANGED, Meaning.OLD_ADDRESS_ENDS, Meaning.UNMONITORED):
            day = facts.effective_date(reading.sources, statement, PAST, rivals, unlike="end_of_address")
            if day is not None:
                return day
    return None


def _renamed_to(reading: Reading, email: str) -> str | None:
    """Return the new name of the organisation: the one told in its renaming, or the one of the new domain."""
    renamed = reading.of_sender(Meaning.ORGANIZATION_RENAMED)
    for statement in renamed:
        name = captured_organization(reading, statement)
        if name is not None and not is_own_organization(name, reading.identity):
            return name
    moved = domain_of(email) != domain_of(reading.identity.email or "")
    if not (renamed and moved):
        return None
    return organization_of_domain(reading.sources.own.own, domain_of(email), reading.identity)


def title_change(reading: Reading, base: Verdict) -> Verdict | None:
    """Decide whether the sender has a new title; null where none is given, or an absence is what is told."""
    title = captured_title(reading)
    stays = any(s.means == Meaning.ADDRESS_UNCHANGED for s in reading.statements)
    ended = reading.of_sender(Meaning.ROLE_ENDED)
    tells_little = False
    if title is None and (stays or any(s.is_named and not s.is_negated for s in ended)):
        title = new_title_by_place(reading)
        tells_little = title is not None and not title.is_since and _stays_plainly(reading)
    if title is None and stays:
        title = title_in_passing(reading, "title_news")
        if title is None and reading.is_automatic:
            # Who says that the address stays tells of something that does not.
            title = title_in_passing(reading, None)
            tells_little = True
    if title is None:
        return None
    statement = title.statement
    away = [s for s in reading.of_sender(*AWAY) if not (s.is_negated or s.is_weak or _is_part_of_title(s, statement))]
    if (away and not ended) or _is_kept(reading, statement) or _is_resumed(reading, statement):
        return None
    if reading.stands_in(statement):
        return None
    before = [statement._replace(sentence=statement.sentence - 1, start=0, end=0)] if statement.sentence > 0 else []
    days = (facts.effective_date(reading.sources, said, PAST) for said in (statement, *ended, *before))
    day = next((found for found in days if found is not None), facts.only_past_day(reading.sources))
    is_future = _is_to_come(reading, statement, day)
    confidence = CERTAIN if statement.is_first_person else INFERRED
    if (statement.is_weak and (tells_little or not stays)) or (
        Trait.CAPITAL_TITLES in lexicon(statement.language).traits and title.text[:1].islower()
    ):
        confidence = DOUBTFUL  # "I am now a member of the audience."
    if not reading.is_automatic:
        is_own = statement.is_first_person or statement.who == Who.IMPLICIT or (statement.is_weak and stays)
        confidence = min(confidence, INFERRED if is_own else REPORTED)
    is_old = facts.is_long_ago(reading.sources, statement) or (
        day is not None and reading.sources.today is not None and reading.sources.today - day > OLD_NEWS
    )
    is_elsewhere = is_honorary(reading, statement) or (not stays and _may_be_elsewhere(reading, title))
    if statement.is_hedged or statement.is_temporary or away or is_future or is_old or is_elsewhere:
        confidence = DOUBTFUL
    return base._replace(
        determination=Determination.TITLE_UPDATE,
        category=Category.TITLE_CHANGED,
        confidence=confidence,
        evidence=reading.evidence(statement),
        matched=matched_entries(statement),
        new_title=title.text,
        effective_date=day.isoformat() if day else None,
    )


def _is_part_of_title(away: Statement, statement: Statement) -> bool:
    """Tell whether what sounds like an absence is what a title is one of ("directeur Operaties")."""
    begins, ends = statement.title or (statement.start, statement.end)
    return away.sentence == statement.sentence and begins <= away.start < ends


def _is_kept(reading: Reading, statement: Statement) -> bool:
    """Tell whether a title is one that the sender goes on to have ("I continue as Bursar"), and gave up no other."""
    return not gives_up(reading) and is_kept(reading, statement.sentence, statement.start)


def _stays_plainly(reading: Reading) -> bool:
    """Tell whether the sender says to be there still, and not only that the address stays, or what was given up."""
    of_address = {s.sentence for s in reading.statements if s.means == Meaning.ADDRESS_UNCHANGED}
    stays = [s for s in reading.of_sender(Meaning.STILL_HERE) if not (s.is_negated or s.is_weak or s.is_hedged)]
    return not gives_up(reading) and any(s.is_first_person and s.sentence not in of_address for s in stays)


def _is_resumed(reading: Reading, statement: Statement) -> bool:
    """Tell whether a post is what the sender came back to ("back since Monday, I have resumed the direction")."""
    return any(
        s.sentence == statement.sentence and s.start <= statement.start < s.end and not s.is_negated
        for s in reading.of_sender(Meaning.RETURNED)
    )


def _is_to_come(reading: Reading, statement: Statement, day: date | None) -> bool:
    """Tell whether a post may be one that the sender is still to get.

    So it is on a day ahead, where the verb is a future, and where a day without a year is nearer ahead than past.
    """
    today = reading.sources.today
    if today is None:
        return False
    if day is not None and day > today:
        return True
    said = reading.sources.own.sentences[statement.sentence].folded[: (statement.title or (statement.end,))[0]]
    known = lexicon(statement.language)
    is_said = known.finds("to_come", said) is not None
    ahead = facts.effective_date(reading.sources, statement, FUTURE)
    if day is None or ahead is None or ahead - day < _MOST_OF_A_YEAR:
        return is_said and (day is None or day == today)
    return is_said or (ahead - today < today - day and known.finds("since", said) is None)


def duties_change(reading: Reading, base: Verdict) -> Verdict | None:
    """Decide whether the sender says to have other duties now, which no title names: for Human Review."""
    away = [s for s in reading.of_sender(*AWAY) if not (s.is_negated or s.is_weak)]
    said = [s for s in reading.of_sender(Meaning.NEW_TITLE) if s.title is None and s.who == Who.SENDER]
    said = [s for s in said if not (s.is_negated or s.is_hedged or s.is_temporary)]
    if not said or away:
        return None
    day = facts.effective_date(reading.sources, said[0], PAST) or facts.only_past_day(reading.sources)
    stays = any(s.means == Meaning.ADDRESS_UNCHANGED for s in reading.statements)
    return base._replace(
        determination=Determination.TITLE_UPDATE,
        category=Category.TITLE_CHANGED,
        confidence=NEARLY if stays and not _is_to_come(reading, said[0], day) else DOUBTFUL,
        evidence=reading.evidence(said[0]),
        matched=matched_entries(*said),
        effective_date=day.isoformat() if day else None,
    )


def _may_be_elsewhere(reading: Reading, title: StatedTitle) -> bool:
    """Tell whether a new post may be one at another employer: another firm is named, or the sender left something."""
    if any(not s.is_negated for s in reading.of_sender(Meaning.STILL_HERE)):
        return False
    moved = any(
        s.means == Meaning.NEW_EMPLOYER and s.sentence == title.statement.sentence and _names_another_firm(reading, s)
        for s in reading.of_sender(Meaning.NEW_EMPLOYER)
    )
    left = any(not (s.is_weak or s.is_negated or s.is_temporary) for s in reading.of_sender(*DEPARTED))
    sentence = reading.sources.own.sentences[title.statement.sentence].folded
    tells_of_another = lexicon(title.statement.language).finds("other_place", sentence) is not None
    return title.organization is not None or moved or left or tells_of_another


def _names_another_firm(reading: Reading, statement: Statement) -> bool:
    name = captured_organization(reading, statement)
    return name is not None and not is_own_organization(name, reading.identity)


def title_hint(reading: Reading, base: Verdict) -> Verdict | None:
    """Take a title where a new one stands, or beside a word of change, for the news, where nothing else is told."""
    if reading.asks and not reading.is_automatic:
        return None
    title = new_title_by_place(reading) or title_in_passing(
        reading, "title_cue" if reading.is_automatic else "title_news"
    )
    if title is None or reading.stands_in(title.statement):
        return None
    day = facts.effective_date(reading.sources, title.statement, PAST, unlike="end_of_address")
    day = day or facts.only_past_day(reading.sources)
    return base._replace(
        determination=Determination.TITLE_UPDATE,
        category=Category.TITLE_CHANGED,
        confidence=DOUBTFUL,
        evidence=reading.evidence(title.statement),
        matched=matched_entries(title.statement),
        new_title=title.text,
        effective_date=day.isoformat() if day else None,
    )


def is_honorary(reading: Reading, statement: Statement) -> bool:
    """Tell whether a title is one in a body beside the sender's organisation ("president of the Rotary Club")."""
    sentence = reading.sources.own.sentences[statement.sentence].folded
    body = lexicon(statement.language).finds("other_body", sentence[statement.start :])
    if body is None:
        return False
    domain = re.sub(r"[^a-z]", "", domain_of(reading.identity.email or ""))
    words = [word.removesuffix("s") for word in re.findall(r"[a-z]+", body.group(1))]  # "des Turnvereins"
    return not any(len(word) >= _LONG_WORD and word in domain for word in words)
