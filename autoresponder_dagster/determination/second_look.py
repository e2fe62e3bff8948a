"""The second look: what the statements say, held against the opinion of the learned reader.

Belongs here: which determination both views together find likeliest, and whether it may be written. Does not belong
here: how either comes to its view (``departures.py`` and its neighbours; ``learned.py``).

The two read independently, so each guards against the errors of the other. How much each view counts is fitted to
labelled messages that neither had seen (``make train``), so that the probability of both together means what it says.
A change is authorised where that is high enough and its facts are complete; in what a person wrote a statement must
tell of it, too, for people write of anything. Everything else is a proposal for Human Review.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from math import exp, log

from autoresponder_dagster.addresses import is_role_mailbox
from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.changes import is_honorary
from autoresponder_dagster.determination.departures import departure_facts
from autoresponder_dagster.determination.learned import Opinion, opinion_on
from autoresponder_dagster.determination.lexicon import DEPARTED, Meaning, read_data_file
from autoresponder_dagster.determination.presence import absence_facts
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.sender_facts import stated_address, stated_title
from autoresponder_dagster.determination.statements import Statement
from autoresponder_dagster.determination.subjects import Who
from autoresponder_dagster.determination.verdict import (
    CERTAIN,
    DOUBTFUL,
    INFERRED,
    NEARLY,
    WRITE_CONFIDENCE,
    Verdict,
    base_verdict,
)
from autoresponder_dagster.schemas.enums import STATE_CHANGING, Category, Determination

AUTHORISES = 0.96
"""From this probability on a change may be written.

Chosen so that of the changes authorised on unseen messages fewer than one in two hundred is wrong: ``make train``
counts.
"""
OVERTURNS = 0.5
"""From this probability on another determination takes the place of the one that the statements give."""
FAMILIAR = 0.3
"""Of so many of a message's words the learned reader must have seen some example: else it only guesses."""
PLAUSIBLE = 0.8
"""Below this probability a proposal is doubtful."""
VIEWS_FILE = "views.tsv"
SILENT = "silent"
"""How a verdict is called that rests on no statement."""
SHARPNESS = "learned"
"""The row of ``VIEWS_FILE`` that says how far the learned reader's probabilities are to be believed."""
_WORD = re.compile(r"[^\W\d_]{2}")
_LEAST_PROBABILITY = 1e-5
_DEPARTURES = (Determination.INACTIVE, Determination.REPLACEMENT)
_ENDS = (Meaning.ROLE_ENDED, Meaning.LAST_DAY, Meaning.OLD_ADDRESS_ENDS, Meaning.UNMONITORED, Meaning.NEW_EMPLOYER)
_SUPPORT: Mapping[Determination, frozenset[Meaning]] = {
    Determination.INACTIVE: DEPARTED | {*_ENDS},
    Determination.REPLACEMENT: DEPARTED | {*_ENDS, Meaning.SUCCESSOR, Meaning.CONTACT},
    Determination.EMAIL_UPDATE: frozenset(
        {Meaning.NEW_ADDRESS, Meaning.OLD_ADDRESS_ENDS, Meaning.ORGANIZATION_RENAMED, Meaning.NAME_CHANGED}
    ),
    Determination.TITLE_UPDATE: frozenset({Meaning.NEW_TITLE, Meaning.ROLE_ENDED, Meaning.ADDRESS_UNCHANGED}),
    Determination.ACTIVE: frozenset(
        {Meaning.STILL_HERE, Meaning.RETURNED, Meaning.WILL_REPLY, Meaning.ADDRESS_UNCHANGED, Meaning.RECEIVED}
    ),
}
"""What a statement must mean that a change can rest on, in whatever strength."""


def view_of(verdict: Verdict) -> str:
    """Return under which name the weight of a verdict of the statements is kept: what it says and how surely."""
    if verdict.confidence >= CERTAIN:
        how = "certain"
    elif verdict.confidence >= WRITE_CONFIDENCE:
        how = "sure"
    else:
        how = "unsure" if verdict.matched is not None else SILENT
    return f"{verdict.determination} {how}"


def read_views(text: str) -> dict[str, float]:
    """Read how much each view counts: the logarithm of a factor on its odds."""
    _, *rows = (line.split("\t") for line in text.splitlines())
    return {name: float(weight) for name, weight in rows}


@lru_cache(maxsize=1)
def views() -> dict[str, float]:
    """Return the weights of the views that the package comes with, read once per process (``make train``)."""
    return read_views(read_data_file(VIEWS_FILE))


def second_look(reading: Reading, verdict: Verdict) -> Verdict:
    """Return the verdict of the statements: confirmed, weakened, or replaced by the learned reader's.

    What a system tells of somebody else is not looked at again: the learned reader knows only senders.
    """
    is_of_another = verdict.sender_email != reading.identity.email
    if is_of_another or not any(_WORD.search(sentence.text) for sentence in reading.sources.own.sentences):
        return verdict
    opinion = opinion_on(reading)
    return verdict if opinion.familiarity < FAMILIAR else weigh(reading, verdict, opinion, views())


def weigh(reading: Reading, verdict: Verdict, opinion: Opinion, weights: Mapping[str, float]) -> Verdict:
    """Return what follows from the verdict of the statements and the opinion of the learned reader together."""
    probabilities = _combined(opinion, verdict, weights)
    best = max(probabilities, key=lambda one: probabilities[one])
    is_dated = _is_told_by_calendar(reading, verdict, best)
    if best != verdict.determination and probabilities[best] >= OVERTURNS and not is_dated:
        verdict = _proposed(reading, replace(opinion, determination=best), probabilities[best])
    if verdict.determination not in STATE_CHANGING:
        return verdict
    is_likely = probabilities[verdict.determination] >= AUTHORISES
    if verdict.confidence >= WRITE_CONFIDENCE:
        return verdict if is_likely or is_dated else verdict._replace(confidence=DOUBTFUL)
    told = reading.of_sender(*_SUPPORT[verdict.determination])
    support = [s for s in told if _supports(reading, s)]
    is_supported = bool(support)
    if reading.is_automatic:
        # Where nothing is told of it, words alone may tell it; where something is, but in doubt, no word removes it.
        is_supported = is_supported or not told
    elif verdict.determination == Determination.ACTIVE:
        is_supported = any(s.who == Who.SENDER and not s.is_weak for s in support)
    if not (is_likely and is_supported and _is_complete(reading, verdict)):
        return verdict
    verdict = verdict._replace(confidence=INFERRED)
    if not support:
        return verdict
    lead = max(support, key=lambda said: (said.who == Who.SENDER, not said.is_weak, -said.sentence))
    named = [*(s.entry for s in support), *(verdict.matched or "").split(";")]
    matched = ";".join(dict.fromkeys(filter(None, named)))
    return verdict._replace(evidence=reading.evidence(lead), matched=matched)


def _supports(reading: Reading, statement: Statement) -> bool:
    """Tell whether a change can rest on a statement: it is neither denied nor in doubt, nor true of a part only."""
    if statement.is_negated or statement.is_hedged or statement.is_temporary or statement.is_partial:
        return False
    if statement.means == Meaning.DECEASED:
        return not statement.is_first_person
    if statement.means == Meaning.NEW_EMPLOYER:
        return not statement.is_weak  # Who "moved to" something may be in another team.
    # Of a club, somebody with a post elsewhere is president.
    return not (statement.means == Meaning.NEW_TITLE and is_honorary(reading, statement))


def _is_told_by_calendar(reading: Reading, verdict: Verdict, instead: Determination) -> bool:
    """Tell whether only the day tells a departure from one to come: the learned reader knows no days."""
    if verdict.category == Category.FUTURE_DEPARTURE:
        return instead in _DEPARTURES
    is_dated = verdict.determination in _DEPARTURES and verdict.effective_date is not None
    return is_dated and instead == Determination.UNKNOWN and bool(reading.of_sender(Meaning.LAST_DAY))


def _is_complete(reading: Reading, verdict: Verdict) -> bool:
    """Tell whether a change that is not plainly said has the facts without which nothing could be written."""
    if is_role_mailbox(reading.identity.email or ""):
        return False
    if verdict.determination == Determination.REPLACEMENT:
        return verdict.replacement_name is not None and not any(contact.is_guess for contact in verdict.alternates[:1])
    if verdict.determination == Determination.TITLE_UPDATE:
        return verdict.new_title is not None
    if verdict.determination == Determination.EMAIL_UPDATE:
        email = verdict.new_email
        return email is not None and not is_role_mailbox(email) and facts.is_own_address(email, reading.identity)
    return True


def _combined(opinion: Opinion, verdict: Verdict, weights: Mapping[str, float]) -> dict[Determination, float]:
    """Return the probabilities of the determinations, given both views (naive Bayes on their odds)."""
    logarithms = {
        determination: weights[SHARPNESS] * log(max(opinion.probabilities.get(determination, 0.0), _LEAST_PROBABILITY))
        for determination in Determination
    }
    logarithms[verdict.determination] += weights.get(view_of(verdict), 0.0)
    odds = {determination: exp(logarithm) for determination, logarithm in logarithms.items()}
    total = sum(odds.values())
    return {determination: odd / total for determination, odd in odds.items()}


def _proposed(reading: Reading, opinion: Opinion, probability: float) -> Verdict:
    """Return the learned reader's verdict with the facts that such a verdict has."""
    base = base_verdict(reading)
    statement = _statement(reading, opinion)
    verdict = base._replace(
        determination=opinion.determination,
        confidence=NEARLY if probability >= PLAUSIBLE else DOUBTFUL,
        evidence=reading.evidence(statement),
        matched=statement.entry,
    )
    if opinion.determination in _DEPARTURES:
        departed = departure_facts(reading, statement, verdict)
        if opinion.determination == Determination.INACTIVE:
            departed = departed._replace(
                replacement_name=None, replacement_email=None, replacement_title=None, alternates=()
            )
        return departed._replace(determination=opinion.determination)
    if opinion.determination == Determination.EMAIL_UPDATE:
        email = stated_address(reading).email or facts.other_own_address(reading.sources, at_home=False)
        return verdict._replace(
            category=Category.ADDRESS_CHANGED, new_email=email, effective_date=_day(reading, statement)
        )
    if opinion.determination == Determination.TITLE_UPDATE:
        title = stated_title(reading)
        return verdict._replace(
            category=Category.TITLE_CHANGED,
            new_title=title.text if title else None,
            effective_date=_day(reading, statement),
        )
    if opinion.determination == Determination.OUT_OF_OFFICE:
        return absence_facts(reading, [], verdict)._replace(
            confidence=verdict.confidence,
            evidence=verdict.evidence,
            matched=verdict.matched,
        )
    if opinion.determination == Determination.ACTIVE:
        return verdict._replace(category=Category.STILL_HERE if reading.is_automatic else Category.HUMAN_MESSAGE)
    return verdict._replace(category=Category.UNCLEAR)


def _day(reading: Reading, statement: Statement) -> str | None:
    """Return since when a change holds that the learned reader found: the day in its sentence, else the only one."""
    sources = reading.sources
    day = (
        facts.effective_date(sources, statement, unlike="end_of_address")
        or facts.only_past_day(sources)
        or facts.from_today(sources)
    )
    is_past = day is not None and (sources.today is None or day <= sources.today)
    return day.isoformat() if day is not None and is_past else None


def _statement(reading: Reading, opinion: Opinion) -> Statement:
    """Return the sentence that convinced the learned reader, as a weak statement about the sender."""
    number = opinion.sentence or 0
    return Statement(
        means=Meaning.LEFT,
        who=Who.SENDER,
        entry=f"learned.{opinion.determination.lower()}",
        language=reading.sources.lexicons[0].language if reading.sources.lexicons else "en",
        sentence=number,
        start=0,
        end=len(reading.sources.own.sentences[number].text),
        is_weak=True,
    )
