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
from autoresponder_dagster.determination.contacts import Contact, known_by_given_name, who_acts
from autoresponder_dagster.determination.dates import FUTURE, PAST
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import AWAY, DEPARTED, NO_SPACES, Meaning, lexicon
from autoresponder_dagster.determination.mailboxes import find_mailboxes, names_match, shape
from autoresponder_dagster.determination.named_persons import others_boxes
from autoresponder_dagster.determination.organizations import (
    is_firm,
    names_an_organization,
    organization_of_domain,
)
from autoresponder_dagster.determination.people import identity_of
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.sender_facts import (
    address_in_passing,
    captured_organization,
    captured_title,
    forwarding_address,
    is_same_organization,
    moved_elsewhere,
    new_title_by_place,
    says_to_stay,
    stated_address,
    stated_employer,
    tells_own_title,
    title_at_employer,
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

FIRST_SENTENCES = 4
"""A person who writes about leaving says so at the beginning; later it is a tale of something else."""
NEWS = timedelta(days=730)
"""A departure longer ago, told by a person who writes, is no news about this address."""
NEAR_RETURN = timedelta(days=400)
MOST_TRIED = 6
"""Statements of a succession that are looked at: a text that repeats itself must not cost more than its length."""
_POST_REACH = 24
"""Characters behind a departure within which a post is the one that was left ("ceased to be the Rector")."""
_AS_REACH = 6
"""Characters behind a departure within which "as" tells what post it was from."""
FAR_FUTURE = timedelta(days=500)
"""A date so far ahead is a placeholder of an absence, not a day of departure."""

_SYSTEM_SENDER = re.compile(
    r"^(?:no-?_?reply|do-?_?not-?_?reply|donotreply|mailer-?daemon|postmaster|notifications?|system|auto-?reply|"
    r"autoresponder|automailer|bounces?|daemon|root|nobody|mailadmin|it-?admin|helpdesk|servicedesk)\b"
)
_PRESENT = (Meaning.STILL_HERE, Meaning.RETURNED, Meaning.WILL_REPLY)
_CATEGORIES = {
    Meaning.LEFT: Category.LEFT,
    Meaning.RETIRED: Category.RETIRED,
    Meaning.DECEASED: Category.DECEASED,
    Meaning.POSITION_ELIMINATED: Category.POSITION_ELIMINATED,
}


def departure(reading: Reading, base: Verdict) -> Verdict | None:
    """Decide whether the sender has left, or is about to; null where neither is said."""
    if _SYSTEM_SENDER.match(reading.identity.email or ""):
        return told_by_a_system(reading, base)
    soon = [s for s in reading.of_sender(Meaning.LEAVING, Meaning.LAST_DAY) if not s.is_negated]
    said = _departures(reading, soon)
    if not said:
        keeps_address = any(s.means == Meaning.ADDRESS_UNCHANGED for s in reading.statements)
        if soon and not (keeps_address and captured_title(reading) is not None):
            return _future(reading, soon, base)
        return _told_by_a_proxy(reading, base) or _implied(reading, base)
    if _is_overruled(reading, said) or _is_news_of_an_office(reading, said):
        return _told_by_a_proxy(reading, base)
    leading = _leading(reading, said)
    today = reading.sources.today
    day = _last_day_ahead(reading, leading, soon) or _day(reading, [leading, *said])
    is_ahead = day is not None and today is not None and today < day < today + FAR_FUTURE
    if is_ahead and leading.means != Meaning.DECEASED and not _speaks_of_old_address(reading, leading):
        return _future(reading, [leading], base, day)
    confidence = min(_confidence(reading, leading, said), _cap(reading, leading, soon, day))
    verdict = departure_facts(reading, leading, base)
    address = verdict.replacement_email
    if address is not None and verdict.replacement_name is None and shape(address) != "f.last":
        confidence = min(confidence, DOUBTFUL)  # An address without a name may be an office's.
    if verdict.alternates and verdict.alternates[0].is_guess:
        confidence = min(confidence, DOUBTFUL)
    if verdict.determination == Determination.INACTIVE and (reading.names_another or _announces_somebody(reading)):
        confidence = min(confidence, NEARLY)  # Somebody is named, and what for is not understood.
    if verdict.determination == Determination.INACTIVE and leading.who == Who.SENDER:
        verdict, confidence = _with_implied_successor(reading, leading, verdict, confidence)
    return verdict._replace(confidence=confidence, matched=matched_entries(leading, *said))


def _with_implied_successor(
    reading: Reading, leading: Statement, verdict: Verdict, confidence: float
) -> tuple[Verdict, float]:
    """Take the one other person who does something in the text for the successor, for Human Review only."""
    sources, statements = reading.sources, reading.statements
    acting = who_acts(sources, statements) or known_by_given_name(sources, statements, may_act=False)
    names = {name for number, name in acting if number >= leading.sentence}
    if len(names) != 1:
        return verdict, confidence
    name = names.pop()
    return verdict._replace(
        determination=Determination.REPLACEMENT,
        replacement_name=name,
        alternates=(Contact(name, None, is_guess=True),),
    ), min(confidence, DOUBTFUL)


def _announces_somebody(reading: Reading) -> bool:
    """Tell whether the last sentence announces who follows, who then stands below ("Responsible is now:")."""
    sentences = reading.sources.own.sentences
    last = len(sentences) - 1
    ends_open = bool(sentences) and sentences[last].text.rstrip().endswith(":")
    return ends_open and any(s.means == Meaning.SUCCESSOR and s.sentence == last for s in reading.statements)


def _departures(reading: Reading, soon: Sequence[Statement]) -> list[Statement]:
    """Return the statements that the sender has left, with last days that have come."""
    said = [s for s in reading.of_sender(*DEPARTED) if not (s.is_negated or s.is_temporary or s.is_partial)]
    today = reading.sources.today
    for statement in soon:
        day = facts.effective_date(reading.sources, statement, FUTURE)
        if statement.means == Meaning.LAST_DAY and day is not None and today is not None and day <= today:
            said.append(statement._replace(means=Meaning.LEFT))
    said += [s._replace(means=Meaning.LEFT, is_weak=True) for s in soon if _is_happening(reading, s)]
    said += _employed_elsewhere(reading)
    if reading.is_automatic:
        # "X is no longer the Director": of others it tells a departure, though it may be another post.
        ended = [s for s in reading.of_sender(Meaning.ROLE_ENDED) if not (s.is_negated or s.is_temporary)]
        said += [s._replace(means=Meaning.LEFT, is_weak=True) for s in ended if s.is_named and not s.is_first_person]
    # What a person tells of years ago is no news about this address.
    is_tale = not reading.is_automatic
    return [
        s
        for s in said
        if not _is_within_absence(reading, s) and not (is_tale and facts.is_long_ago(reading.sources, s))
    ]


def _is_happening(reading: Reading, statement: Statement) -> bool:
    """Tell whether "I leave" is of today: no day ahead and no future is told, and somebody has the post already."""
    known = lexicon(statement.language)
    if statement.means != Meaning.LEAVING or not statement.is_first_person or "future_form" not in known.words:
        return False
    if facts.effective_date(reading.sources, statement, FUTURE) is not None or statement.is_temporary:
        return False
    successors = [s for s in reading.statements if s.means == Meaning.SUCCESSOR and not (s.is_temporary or s.is_hedged)]
    numbers = {statement.sentence, *(s.sentence for s in successors)}
    sentences = [reading.sources.own.sentences[number].folded for number in numbers]
    is_ahead = any(known.finds("future_form", folded) or known.finds("to_come", folded) for folded in sentences)
    return bool(successors) and not is_ahead and not any(facts.has_end(reading.sources, number) for number in numbers)


def _employed_elsewhere(reading: Reading) -> list[Statement]:
    """Return the plain statements that the sender works for another organisation now: whoever does has left."""
    works = reading.of_sender(Meaning.NEW_EMPLOYER)
    if not works or stated_employer(reading) is None:
        return []
    ends = any(s.means in (Meaning.OLD_ADDRESS_ENDS, Meaning.UNMONITORED) for s in reading.statements)
    return [
        s._replace(means=Meaning.LEFT, is_weak=not ends and (s.is_weak or not _is_at_a_firm(reading, s)))
        for s in works
        if (s.is_named or (s.who == Who.IMPLICIT and s.language in NO_SPACES))
        and (ends or not s.is_weak or _is_surely_a_firm(reading, s))
        and not (s.is_negated or s.is_temporary)
        and (reading.is_automatic or s.is_first_person or s.language in NO_SPACES)
    ]


def _is_surely_a_firm(reading: Reading, statement: Statement) -> bool:
    """Tell whether somebody "moved to" what can only be a firm, not to a place or another team."""
    name = captured_organization(reading, statement)
    return name is not None and is_firm(name, reading.sources.lexicons)


def _is_at_a_firm(reading: Reading, statement: Statement) -> bool:
    """Tell whether what somebody works for now is surely an organisation: a town, a project may be called so, too.

    A language without a list of such words is not asked: its entries tell by themselves.
    """
    known = lexicon(statement.language)
    is_asked = statement.language in NO_SPACES or "organization_nouns" in known.terms
    if statement.org is None or not is_asked:
        return True
    before = reading.sources.own.sentences[statement.sentence].folded[: statement.org[0]].split()
    while before and before[-1] in known.terms.get("articles", ()):
        before.pop()
    if before and before[-1] in known.terms.get("at_a_firm", ()):
        return True
    return names_an_organization(reading.text_of(statement, statement.org))


def _is_within_absence(reading: Reading, statement: Statement) -> bool:
    """Tell whether a departure-like statement stands in a sentence that speaks of a leave.

    "No longer checking mail while on leave": the leave governs the sentence.
    """
    if statement.means in (Meaning.DECEASED, Meaning.RETIRED, Meaning.NOT_RETURNING):
        return False
    return any(
        away.sentence == statement.sentence
        and not (away.is_negated or away.is_weak)
        and away.start != statement.start
        and not statement.start <= away.start < statement.end  # "have stepped away from the firm"
        and not _is_bare(reading, away)
        and not _is_after(reading, away, statement)
        for away in reading.of_sender(Meaning.ABSENT, Meaning.EXTENDED_LEAVE)
    )


def _is_after(reading: Reading, away: Statement, departure: Statement) -> bool:
    """Tell whether an absence without an end is what comes of a plain departure ("I left Acme and am travelling")."""
    is_plain = departure.is_named and not (departure.is_weak or departure.is_hedged) and departure.end <= away.start
    return is_plain and not facts.has_end(reading.sources, away.sentence)


def _is_bare(reading: Reading, away: Statement) -> bool:
    """Tell whether an absence is told in so few words that a departure beside it says what is meant ("I'm out")."""
    words = reading.sources.own.sentences[away.sentence].folded[away.start : away.end]
    return lexicon(away.language).finds("bare_absence", words.strip()) is not None


def _is_overruled(reading: Reading, said: Sequence[Statement]) -> bool:
    """Tell whether the message also says that the sender stays: another post, another address, back soon."""
    is_told_of_sender = any(
        s.who == Who.SENDER or (s.who == Who.IMPLICIT and s.means == Meaning.NOT_RETURNING) for s in said
    )
    if not is_told_of_sender and _tells_of_oneself(reading):
        return True  # Somebody has left; the one who writes is here, or away for a time.
    if all(reading.in_subject(s) for s in said) and any(not reading.in_subject(s) for s in reading.of_sender(*AWAY)):
        return True  # "X has left the building" over "… for lunch, back at two".
    is_weak = all(s.is_weak or s.is_hedged for s in said)
    is_told_by_oneself = all(s.is_first_person for s in said)
    # "I have left the agency; at the association I still am the chair", to whoever asks for the chair.
    stays_elsewhere = not reading.is_automatic and says_to_stay(reading)
    # "Today is my last day before three weeks of leave. I am back on 9 November."
    comes_back = all(s.means == Meaning.LEFT for s in said) and _comes_back(reading, None)
    # "I left the chair and remain in the house as an adviser. Same address."
    keeps = all(s.means == Meaning.LEFT for s in said) and says_to_stay(reading)
    keeps = keeps and bool(reading.of_sender(Meaning.ADDRESS_UNCHANGED))
    if is_told_by_oneself and (stays_elsewhere or comes_back or keeps):
        return True
    stays = _stays(reading, Meaning.STILL_HERE, Meaning.RETURNED, Meaning.ADDRESS_UNCHANGED)
    denies = any(s.is_negated and s.is_first_person for s in reading.of_sender(*DEPARTED))
    title = captured_title(reading)
    # "My old post is gone, I am the manager now.", "I retired as Dean and am Professor again."
    is_post = all(s.means == Meaning.POSITION_ELIMINATED or _is_of_a_post(reading, s) for s in said)
    is_post = is_post and stated_employer(reading) is None
    has_title = title is not None and title.organization is None and (bool(stays) or is_weak or is_post)
    has_title = has_title or ((is_weak or is_post) and bool(stays) and _has_title_in_passing(reading))
    if has_title or (denies and stays):
        return True
    if is_weak and (any(s.means != Meaning.ADDRESS_UNCHANGED for s in stays) or _is_away(reading)):
        return True
    stated = stated_address(reading)
    if stated.email is None and is_weak:
        stated = address_in_passing(reading)
    address = stated.email
    at_home = domain_of(address or "") == domain_of(reading.identity.email or "")
    is_dead = any(s.means == Meaning.DECEASED and not (s.is_weak or s.is_hedged) for s in said)
    # "My contract has ended. Use info@…": an office's address is nobody's new one.
    is_own = stated.fit > facts.UNSURE and not is_dead and not is_role_mailbox(address or "")
    return address is not None and is_own and at_home and stated_employer(reading) is None


def _has_title_in_passing(reading: Reading) -> bool:
    """Tell whether a title stands in the text as the news, in whatever words."""
    return new_title_by_place(reading) is not None or title_in_passing(reading, "title_news") is not None


def _is_of_a_post(reading: Reading, statement: Statement) -> bool:
    """Tell whether what somebody left is named as a post ("my term as Dean ended"): there may be another one."""
    folded, known = reading.sources.own.sentences[statement.sentence].folded, lexicon(statement.language)
    if not statement.is_first_person:
        return False
    if known.finds("as_title", folded[statement.start : statement.end + _AS_REACH]) is not None:
        return True
    post = known.finds("title_noun", folded[statement.end : statement.end + _POST_REACH])
    words = re.finditer(r"\S+", folded[statement.end : statement.end + post.start() + 1]) if post is not None else ()
    return any(known.finds("title_past_before", folded[: statement.end + word.start()]) is not None for word in words)


def _stays(reading: Reading, *meanings: Meaning) -> list[Statement]:
    """Return the statements that the sender is there; an absence that ends with a departure says no such thing."""
    gone = {s.sentence for s in reading.of_sender(Meaning.NOT_RETURNING) if not s.is_negated}
    return [
        s
        for s in reading.of_sender(*meanings)
        if not s.is_negated and s.who != Who.UNRESOLVED and not (s.means == Meaning.RETURNED and s.sentence in gone)
    ]


def _tells_of_oneself(reading: Reading) -> bool:
    """Tell whether the one who writes is there, away for a time, or says that an address stays."""
    deaths = {s.sentence for s in reading.of_sender(Meaning.DECEASED)}  # "… had been ill and passed away"
    told = [
        s
        for s in reading.of_sender(*AWAY, *_PRESENT, Meaning.ADDRESS_UNCHANGED)
        if not s.is_negated and s.sentence not in deaths
    ]
    return any(
        s.is_first_person
        or s.means == Meaning.ADDRESS_UNCHANGED
        or (s.means in AWAY and not s.is_weak and s.who in (Who.SENDER, Who.IMPLICIT))
        for s in told
    )


def _is_news_of_an_office(reading: Reading, said: Sequence[Statement]) -> bool:
    """Tell whether an office tells that somebody in it left whom it does not name as the sender."""
    return is_role_mailbox(reading.identity.email or "") and all(s.who == Who.UNRESOLVED for s in said)


def _comes_back(reading: Reading, day: date | None) -> bool:
    """Tell whether the sender is plainly away until some day soon, which is not the day of the departure."""
    away = [
        s for s in reading.of_sender(*AWAY) if not (s.is_negated or s.is_over or s.is_weak or reading.in_subject(s))
    ]
    back = facts.return_date(reading.sources, sorted({s.sentence for s in away})).value if away else None
    today = reading.sources.today
    return back is not None and back != day and (today is None or back - today < NEAR_RETURN)


def _is_away(reading: Reading) -> bool:
    """Tell whether the sender says plainly to be away for a time."""
    return any(
        not (s.is_negated or s.is_over or s.is_weak or reading.in_subject(s)) and s.who == Who.SENDER
        for s in reading.of_sender(*AWAY)
    )


def _leading(reading: Reading, said: Sequence[Statement]) -> Statement:
    """Return the statement on which the verdict rests: in the body, sure, of a named person, specific, early."""
    strong = [s for s in said if not s.is_weak]
    specific = (Meaning.DECEASED, Meaning.RETIRED, Meaning.POSITION_ELIMINATED)
    return max(
        strong or said,
        key=lambda s: (
            not reading.in_subject(s),
            not s.is_hedged,
            s.who != Who.UNRESOLVED,
            s.is_named,
            s.means in specific,
            -s.sentence,
        ),
    )


def _last_day_ahead(reading: Reading, leading: Statement, soon: Sequence[Statement]) -> date | None:
    """Return the last day that is still to come, told beside a departure ("have resigned, my last day is 15 May")."""
    today = reading.sources.today
    told = [s for s in soon if s.means == Meaning.LAST_DAY and s.sentence == leading.sentence]
    days = (facts.effective_date(reading.sources, statement, FUTURE) for statement in told)
    return next((day for day in days if day is not None and today is not None and today < day), None)


def _day(reading: Reading, statements: Sequence[Statement]) -> date | None:
    """Return the first date that one of the statements is given."""
    days = (facts.effective_date(reading.sources, statement, PAST) for statement in statements)
    return next((day for day in days if day is not None), None)


def _speaks_of_old_address(reading: Reading, statement: Statement) -> bool:
    return any(s.means == Meaning.OLD_ADDRESS_ENDS and s.sentence == statement.sentence for s in reading.statements)


def _confidence(reading: Reading, leading: Statement, said: Sequence[Statement]) -> float:
    """Return how surely the leading statement says by itself that the sender has left."""
    if leading.is_hedged or leading.who == Who.UNRESOLVED:
        firm = [s for s in said if s.is_named and not (s.is_hedged or s.is_weak)]
        return INFERRED if any(s.sentence != leading.sentence for s in firm) else DOUBTFUL
    if leading.is_weak:
        return INFERRED if _is_corroborated(reading, said) else DOUBTFUL
    if leading.who == Who.IMPLICIT:
        # Chinese and Japanese leave out the subject where it is the writer, also in a mail by hand.
        # So does who has just written "I": "I've moderated my last meeting. Retired in March."
        is_writer = reading.is_automatic or leading.language in NO_SPACES or any(s.is_first_person for s in said)
        # "Do you want to 1. cancel 2. report a death?"
        is_of_menu = leading.means == Meaning.DECEASED and reading.asks
        return INFERRED if is_writer and not (reading.in_subject(leading) or is_of_menu) else DOUBTFUL
    day, today = facts.effective_date(reading.sources, leading, PAST), reading.sources.today
    is_old = facts.is_long_ago(reading.sources, leading)
    is_late = leading.is_first_person and min(s.sentence for s in said) > FIRST_SENTENCES
    is_past_news = is_late or (day is not None and today is not None and today - day > NEWS)
    if is_old or (is_past_news and not reading.is_automatic):
        return REPORTED
    if reading.is_automatic:
        return CERTAIN if leading.is_named else CLEAR
    return INFERRED if leading.is_named or leading.means != Meaning.DECEASED else REPORTED


def _is_corroborated(reading: Reading, said: Sequence[Statement]) -> bool:
    """Tell whether what is said weakly is said twice, or the mailbox ends and somebody else has the post."""
    passages = {s.sentence for s in said if s.who in (Who.SENDER, Who.IMPLICIT) and not s.is_hedged}
    ends = any(s.means in (Meaning.OLD_ADDRESS_ENDS, Meaning.UNMONITORED) for s in reading.statements)
    succeeded = any(s.means == Meaning.SUCCESSOR and not (s.is_weak or s.is_temporary) for s in reading.statements)
    is_told_by_others = any(s.is_named and not s.is_first_person for s in said)
    if is_told_by_others and any(_is_dated_news(reading, s) for s in said):
        return True
    if len(passages) > 1 or (bool(passages) and succeeded and (ends or is_told_by_others)):
        return True
    return bool(passages) and _has_successor_beside(reading)


def _is_dated_news(reading: Reading, statement: Statement) -> bool:
    """Tell whether an automatic reply tells of the sender by name, with a day that is past, and of no absence."""
    is_news = reading.is_automatic and statement.is_named and not (statement.is_first_person or statement.is_hedged)
    if not is_news or reading.has_absence_subject or reading.of_sender(*AWAY) or speaks_of_a_while(reading):
        return False
    day, today = facts.effective_date(reading.sources, statement, PAST), reading.sources.today
    return day is not None and today is not None and day <= today


def _has_successor_beside(reading: Reading) -> bool:
    """Tell whether a colleague with an address is named to have something now, and nothing is for a time only."""
    sources = reading.sources
    has_successor = any(s.means == Meaning.SUCCESSOR and not s.is_temporary for s in reading.statements)
    is_ahead = any(facts.has_end(sources, number) for number in range(len(sources.own.sentences)))
    is_away = reading.has_absence_subject or bool(reading.of_sender(*AWAY))
    people = reading.contacts
    home = domain_of(reading.identity.email or "")
    is_colleague = bool(people) and people[0].name is not None and domain_of(people[0].email or "") == home
    return has_successor and is_colleague and not (is_ahead or is_away or speaks_of_a_while(reading))


def _cap(reading: Reading, leading: Statement, soon: Sequence[Statement], day: date | None) -> float:
    """Return what the rest of the message leaves of that: it may contradict."""
    stays = _stays(reading, Meaning.STILL_HERE, Meaning.RETURNED)
    another_post = captured_title(reading) is not None and not _is_elsewhere(reading)
    still_leaving = [s for s in soon if s.means == Meaning.LEAVING and not s.is_weak]
    comes_back = _comes_back(reading, day)
    is_own_word = leading.means != Meaning.DECEASED and reading.identity.writer is None
    keeps_address = is_own_word and reading.of_sender(Meaning.ADDRESS_UNCHANGED)
    if stays or keeps_address or another_post or still_leaving or comes_back or _contradicts_itself(reading, leading):
        return DOUBTFUL
    if is_role_mailbox(reading.identity.email or "") and not leading.is_first_person:
        return DOUBTFUL  # Whose departure an office tells is not sure.
    if reading.in_subject(leading):
        return DOUBTFUL if reading.sources.own.own else INFERRED
    return CERTAIN


def _is_elsewhere(reading: Reading) -> bool:
    """Tell whether the sender has another employer, or an address that is surely not at the same organisation."""
    email = facts.other_own_address(reading.sources, at_home=False)
    return stated_employer(reading) is not None or (email is not None and not is_same_organization(reading, email))


def _contradicts_itself(reading: Reading, leading: Statement) -> bool:
    """Tell whether what surrounds a departure makes it doubtful that the person left the organisation.

    The sentence goes on that the person stays, a new name comes with a new address, the subject announces an
    absence that has an end, or an address of the same person at the same organisation is given.
    """
    sentence = reading.sources.own.sentences[leading.sentence]
    stays_here = any(
        s.means == Meaning.STILL_HERE and s.sentence == leading.sentence and not s.is_negated
        for s in reading.statements
    )
    but_stays = lexicon(leading.language).finds("but_stays", sentence.folded[leading.end :])
    if stays_here or but_stays:
        return True
    if leading.means != Meaning.DECEASED and reading.of_sender(Meaning.NAME_CHANGED) and stated_address(reading).email:
        return True
    if reading.has_absence_subject and leading.is_first_person and leading.means == Meaning.LEFT:
        others = (number for number in range(len(reading.sources.own.sentences)) if number != leading.sentence)
        if any(facts.has_end(reading.sources, number) for number in others):
            return True
    return leading.means != Meaning.DECEASED and facts.other_own_address(reading.sources, at_home=True) is not None


def _future(reading: Reading, soon: Sequence[Statement], base: Verdict, day: date | None = None) -> Verdict:
    """Return the verdict on somebody who will leave: nothing is written before the day has come."""
    days = (facts.effective_date(reading.sources, statement, FUTURE) for statement in soon)
    day = day or next((found for found in days if found is not None), facts.only_day_ahead(reading.sources))
    people = reading.contacts
    lead = people[0] if people else Contact(None, None)
    return base._replace(
        category=Category.FUTURE_DEPARTURE,
        confidence=CLEAR,
        evidence=reading.evidence(soon[0]),
        effective_date=day.isoformat() if day else None,
        replacement_name=lead.name,
        replacement_email=lead.email,
        matched=matched_entries(*soon),
        alternates=tuple(people),
    )


def departure_facts(reading: Reading, leading: Statement, base: Verdict) -> Verdict:
    """Return a departure with its facts: when, where to, and who takes over (rules.md §4)."""
    sources = reading.sources
    others = [
        s
        for s in reading.of_sender(*DEPARTED, Meaning.LAST_DAY, Meaning.NEW_EMPLOYER)
        if s != leading and not s.is_negated
    ]
    days = (facts.effective_date(sources, statement, PAST) for statement in (leading, *others))
    day = next(
        (found for found in days if found is not None and (sources.today is None or found <= sources.today)),
        facts.only_past_day(sources),
    )
    employer = stated_employer(reading)
    if employer is not None and any(person.name == employer for person in reading.contacts):
        employer = None  # "My role has gone to Ann Lee."
    new_email = _address_elsewhere(reading, employer) if leading.means != Meaning.DECEASED else None
    if employer is None and new_email is not None:
        employer = organization_of_domain(sources.own.own, domain_of(new_email), reading.identity)
    title = captured_title(reading)
    people = [
        person
        for person in reading.contacts
        if (person.email is None or person.email != new_email) and (person.name or "-") not in (employer or "")
    ]
    if base.determination == Determination.REPLACEMENT and not any(one.name and not one.is_guess for one in people):
        people = _with_likely(people, reading.likely_successors)
    lead = people[0] if people else Contact(None, None)
    category = _CATEGORIES.get(leading.means, Category.LEFT)
    return base._replace(
        determination=Determination.REPLACEMENT if people else Determination.INACTIVE,
        category=Category.NEW_EMPLOYER if employer is not None and category == Category.LEFT else category,
        evidence=reading.evidence(leading),
        matched=matched_entries(leading),
        effective_date=day.isoformat() if day else None,
        new_org=employer,
        new_email=new_email,
        new_title=(title.text if title else title_at_employer(reading)) if employer is not None else None,
        replacement_name=lead.name,
        replacement_email=lead.email,
        replacement_title=lead.title,
        alternates=tuple(people),
    )


def _with_likely(people: Sequence[Contact], likely: Sequence[Contact]) -> list[Contact]:
    """Return the likely successors, and of the people those who are none of them."""
    emails = {one.email for one in likely}
    return [*likely, *(one for one in people if one.email is None or one.email not in emails)]


def _succession(reading: Reading, base: Verdict) -> Verdict | None:
    """Infer a departure from what is said of somebody else alone: that person has the sender's place now.

    That may also be told of a post that the sender gave up for another one: for Human Review only.
    """
    here = [
        s for s in reading.of_sender(*AWAY, *_PRESENT, Meaning.ADDRESS_UNCHANGED) if not (s.is_negated or s.is_over)
    ]
    news = [s for s in reading.statements if s.who == Who.THIRD and s.is_named and s.means in DEPARTED]
    facts_of_sender = (captured_title(reading), stated_address(reading).email, stated_employer(reading))
    has_new_duties = any(not s.is_negated for s in reading.of_sender(Meaning.NEW_TITLE))
    is_other_news = has_new_duties or any(fact is not None for fact in facts_of_sender) or tells_own_title(reading)
    if reading.has_absence_subject or is_other_news or news or here or speaks_of_a_while(reading):
        return None
    if reading.sources.own.says("acting", reading.sources.lexicons[:1]):
        return None  # Who only acts for somebody has not followed.
    means = (Meaning.SUCCESSOR, Meaning.CONTACT) if reading.is_automatic else (Meaning.SUCCESSOR,)
    said = [s for s in reading.statements if s.means in means and not (s.is_temporary or s.is_negated)]
    asks_for_change = reading.sources.own.says("amend_cue", reading.sources.lexicons[:1])
    for statement in sorted(said, key=lambda s: (s.is_weak, s.means != Meaning.SUCCESSOR))[:MOST_TRIED]:
        verdict = departure_facts(reading, statement, base)
        passage = reading.sources.own.sentences[statement.sentence : statement.sentence + 2]
        text = " ".join(sentence.text for sentence in passage)
        told = (verdict.replacement_name, verdict.replacement_email)
        is_near = any(fact is not None and fact in text for fact in told)
        if not (reading.is_automatic or verdict.replacement_email or asks_for_change):
            continue  # "In 1911 the mill passed to Ann Lee": people write of any succession.
        if is_near and (statement.means == Meaning.SUCCESSOR or _is_left_to_a_colleague(reading, verdict)):
            return verdict._replace(confidence=DOUBTFUL)
    return None


def post_given_up(reading: Reading, base: Verdict) -> Verdict | None:
    """Infer a departure from a post that the sender no longer has, where no other is told: for Human Review only."""
    ended = [
        s
        for s in reading.of_sender(Meaning.ROLE_ENDED)
        if s.is_named and not (s.is_negated or s.is_temporary or s.is_hedged)
    ]
    return departure_facts(reading, ended[0], base)._replace(confidence=DOUBTFUL) if ended else None


def speaks_of_a_while(reading: Reading) -> bool:
    """Tell whether anything in the own words holds only for a time: then somebody else may only cover."""
    own, lexicons = reading.sources.own, reading.sources.lexicons[:1]
    return own.says("temporary", lexicons) or own.says("for_today", lexicons)


def _is_left_to_a_colleague(reading: Reading, verdict: Verdict) -> bool:
    """Tell whether all that is said is to turn to somebody with an address under the sender's own domain."""
    sources = reading.sources
    if any(lexicon.finds("speaks_on", fold(sources.own.own)) for lexicon in sources.lexicons):
        return False
    email, home = verdict.replacement_email, domain_of(reading.identity.email or "")
    return verdict.replacement_name is not None and email is not None and domain_of(email) == home


def _address_elsewhere(reading: Reading, employer: str | None) -> str | None:
    """Return the address at which the departed sender can be reached from now on."""
    address = stated_address(reading)
    if address.email is not None and address.fit >= NEARLY:
        return address.email
    gone = reading.of_sender(*DEPARTED)
    speaks_himself = any(s.is_first_person or (s.who == Who.IMPLICIT and s.language in NO_SPACES) for s in gone)
    return forwarding_address(reading) if employer is not None or speaks_himself else None


def _surely_gone(reading: Reading) -> list[Statement]:
    """Return the statements that anybody has left, without those that something weakens."""
    return [
        s
        for s in reading.statements
        if s.means in DEPARTED and not (s.is_negated or s.is_temporary or s.is_partial or s.is_hedged or s.is_weak)
    ]


def told_by_a_system(reading: Reading, base: Verdict) -> Verdict | None:
    """Attribute a system's news of a departure to the one address that is that person's, if there is one.

    The only personal address of the text is that person's, less surely, whatever its letters.
    """
    gone = _surely_gone(reading)
    if not gone:
        return None
    sentence = reading.sources.own.sentences[gone[0].sentence]
    named = [name for _, _, name in sentence.names]
    boxes = {
        box.email
        for box in find_mailboxes(reading.sources.own.own)
        if box.email != reading.identity.email and not is_role_mailbox(box.email)
    }
    # "Ann Lee has left, now Bo Ray (…) serves you": without spaces between words the successor's is not known apart.
    last = gone[0].start if gone[0].language in NO_SPACES else len(sentence.text)
    here = {box.email for box in find_mailboxes(sentence.text) if box.start < last} & boxes
    candidates = {email for email in boxes if any(names_match(email, name) for name in named)} or here
    confidence = INFERRED
    told_before = " ".join(said.text for said in reading.sources.own.sentences[: gone[0].sentence])
    if not candidates and boxes == {box.email for box in find_mailboxes(told_before)} & boxes and len(boxes) == 1:
        candidates, confidence = boxes, DOUBTFUL
    evidence, matched = reading.evidence(gone[0]), matched_entries(*gone)
    if len(candidates) != 1:
        return base._replace(
            sender_email=None,
            category=Category.UNDETERMINED_SENDER,
            confidence=CLEAR,
            evidence=evidence,
            matched=matched,
        )
    email = candidates.pop()
    identity = identity_of(email, named[0] if named else None)
    attributed = replace(reading, sources=replace(reading.sources, identity=identity))
    departed = departure_facts(attributed, gone[0], base._replace(sender_email=email))
    return departed._replace(confidence=confidence, matched=matched)


def _implied(reading: Reading, base: Verdict) -> Verdict | None:
    """Infer a departure where none is told; whoever is plainly away has not left."""
    return None if _is_away(reading) else _told_by_address(reading, base) or _succession(reading, base)


def _told_by_address(reading: Reading, base: Verdict) -> Verdict | None:
    """The sender gives an address at what seems another employer, and no words of leaving that are known."""
    address = moved_elsewhere(reading)
    if address.email is None or address.statement is None:
        return None
    departed = departure_facts(reading, address.statement, base)
    return departed._replace(confidence=DOUBTFUL, new_email=address.email)


def _answers_for_an_office(reading: Reading, gone: Sequence[Statement]) -> bool:
    """Tell whether an office writes of nothing but somebody named who left it, by hand only of who follows, too."""
    others = reading.of_sender(*AWAY, *_PRESENT, Meaning.RECEIVED, Meaning.UNSUBSCRIBE)
    if not is_role_mailbox(reading.identity.email or "") or others or not any(s.is_named for s in gone):
        return False
    return reading.is_automatic or any(s.means == Meaning.SUCCESSOR and not s.is_temporary for s in reading.statements)


def _asks_to_amend(reading: Reading, *, takes_over: bool) -> bool:
    """Tell whether a person writes that a record of somebody else is to be changed, and tells nothing of oneself."""
    others = reading.of_sender(*AWAY, *_PRESENT, Meaning.RECEIVED, Meaning.UNSUBSCRIBE, Meaning.ADDRESS_UNCHANGED)
    if reading.is_automatic or any(s.is_first_person or s.means == Meaning.ADDRESS_UNCHANGED for s in others):
        return False
    return takes_over or reading.sources.own.says("amend_cue", reading.sources.lexicons[:1])


def _writer_as_contact(reading: Reading, name: str) -> Contact:
    """Return whoever writes: where the mailbox does not fit the name, with the only other address of the message."""
    others = {box.email for box in others_boxes(reading.sources)}
    is_anothers = not names_match(reading.identity.email or "", name) and len(others) == 1
    return Contact(name, others.pop() if is_anothers else reading.identity.email)


def _told_by_a_proxy(reading: Reading, base: Verdict) -> Verdict | None:
    """Somebody answers for the person whom we wrote to and says that this person left.

    Whose address that was is not told, so the verdict is for Human Review only.
    """
    gone = [s for s in _surely_gone(reading) if s.who == Who.THIRD]
    routed = any(s.means == Meaning.ROUTED for s in reading.statements) or _answers_for_an_office(reading, gone)
    takes_over = reading.sources.own.says("writer_takes_over", reading.sources.lexicons[:1])
    if not gone or not (routed or _asks_to_amend(reading, takes_over=takes_over)):
        return None
    verdict = departure_facts(reading, gone[0], base)
    sentences = [sentence.text for sentence in reading.sources.own.sentences]
    told_before = " ".join([*sentences[: gone[0].sentence], sentences[gone[0].sentence][: gone[0].end]])
    people = [one for one in verdict.alternates if (one.email or one.name or "") not in told_before]
    if not people and takes_over and reading.identity.name is not None:
        people = [_writer_as_contact(reading, reading.identity.name)]
    lead = people[0] if people else Contact(None, None)
    return verdict._replace(
        determination=Determination.REPLACEMENT if people else Determination.INACTIVE,
        confidence=DOUBTFUL,
        new_email=None,
        replacement_name=lead.name,
        replacement_email=lead.email,
        replacement_title=lead.title,
        alternates=tuple(people),
    )
