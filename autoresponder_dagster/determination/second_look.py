"""The second look: what the statements say, held against the opinion of the learned reader.

Belongs here: who is believed where the two differ, and how sure the verdict then is. Does not belong here:
how either comes to its view (``departures.py`` and its neighbours; ``learned.py``).

The two read independently, so each guards against the errors of the other: a change is authorised where
both see it, where the statements are sure and the learned reader does not contradict, or where the learned
reader is and a statement supports it. Everything else is a proposal for Human Review. How much each view
counts is fitted to labelled messages that neither had seen (``make train``).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from math import exp, log

from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.departures import departure_facts
from autoresponder_dagster.determination.learned import Opinion, opinion_on
from autoresponder_dagster.determination.lexicon import Meaning
from autoresponder_dagster.determination.objections import is_objected, supporting
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
    matched_entries,
)
from autoresponder_dagster.schemas.enums import Category, Determination

OVERTURNS = 0.7
"""From this probability on another verdict takes the place of a sure one of the statements."""
PROPOSES = 0.4
"""The same of an unsure one."""
OVERTURNS_IN_A_LETTER = 0.9
"""The same in what a person wrote, sure or not: people write of anything, and few examples are letters."""
STANDS_IN_A_LETTER = 0.8
"""From this probability on a sure verdict of the statements stands, of any change, in what a person wrote."""
PLAUSIBLE = 0.8
"""Below this probability what only the learned reader says is doubtful."""


STANDS: Mapping[Determination, float] = {
    Determination.INACTIVE: 0.7,
    Determination.REPLACEMENT: 0.8,
    Determination.EMAIL_UPDATE: 0.5,
    Determination.TITLE_UPDATE: 0.5,
    Determination.ACTIVE: 0.9,
}
"""From which probability on a change stands that the statements say surely."""
NOBODY_FOLLOWS = 0.1
"""Up to which probability of a successor it stands that somebody left and nobody follows: who does is easily missed."""
CONFIRMS = 0.9
"""From which on one is authorised of which the statements are unsure."""
AUTHORISES = 0.96
"""From which on one is that only the learned reader sees, though some statement supports it.

These numbers are chosen so that of the verdicts authorised on unseen messages one in a hundred is wrong; ``make train``
counts.
"""
VIEWS_FILE = "views.tsv"
SILENT = "silent"
"""How a verdict is called that rests on no statement."""
SHARPNESS = "learned"
"""The row of ``VIEWS_FILE`` that says how far the learned reader's probabilities are to be believed."""
_WORD = re.compile(r"[^\W\d_]{2}")
_LEAST_PROBABILITY = 1e-5
_DEPARTURES = (Determination.INACTIVE, Determination.REPLACEMENT)
_HALF_SEEN = (Determination.INACTIVE, Determination.TITLE_UPDATE, Determination.ACTIVE)


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
    return read_views(resources.files(__package__).joinpath("lexicons", VIEWS_FILE).read_text("utf-8"))


def second_look(reading: Reading, verdict: Verdict) -> Verdict:
    """Return the verdict of the statements: confirmed, weakened, or replaced by the learned reader's.

    What a system tells of somebody else is not looked at again: the learned reader knows only senders.
    """
    is_of_another = verdict.sender_email != reading.identity.email
    if is_of_another or not any(_WORD.search(sentence.text) for sentence in reading.sources.own.sentences):
        return verdict
    return weigh(reading, verdict, opinion_on(reading), views())


def weigh(reading: Reading, verdict: Verdict, opinion: Opinion, weights: Mapping[str, float]) -> Verdict:
    """Return what follows from the verdict of the statements and the opinion of the learned reader together."""
    probabilities = _combined(opinion, verdict, weights)
    best = max(probabilities, key=lambda one: probabilities[one])
    is_sure = verdict.confidence >= WRITE_CONFIDENCE
    least = OVERTURNS_IN_A_LETTER if not reading.is_automatic else OVERTURNS if is_sure else PROPOSES
    if best != verdict.determination and probabilities[best] >= least and not _has_come(reading, verdict, best):
        return _as_learned(reading, replace(opinion, determination=best), probabilities[best])
    stands = STANDS.get(verdict.determination)
    if stands is None:
        return verdict
    probability = probabilities[verdict.determination]
    if is_sure:
        least = stands if reading.is_automatic else max(stands, STANDS_IN_A_LETTER)
        is_upheld = probability >= least and not _may_be_succeeded(verdict, probabilities)
        is_upheld = is_upheld or _has_come(reading, verdict, best)
        return verdict if is_upheld else verdict._replace(confidence=DOUBTFUL)
    is_said = verdict.matched is not None and not _is_hedged(reading, verdict)
    is_confirmed = is_said and probability >= CONFIRMS and not _is_unclear(reading, verdict)
    return verdict._replace(confidence=INFERRED) if is_confirmed else verdict


def _may_be_succeeded(verdict: Verdict, probabilities: Mapping[Determination, float]) -> bool:
    is_left = verdict.determination == Determination.INACTIVE
    return is_left and probabilities[Determination.REPLACEMENT] > NOBODY_FOLLOWS


def _is_unclear(reading: Reading, verdict: Verdict) -> bool:
    """Tell whether something speaks against an unsure verdict of which the learned reader sees only half.

    It knows no names of those who may follow, no clubs in which somebody has a title, too, and not who it is that
    is there.
    """
    return verdict.determination in _HALF_SEEN and is_objected(reading, verdict)


def _has_come(reading: Reading, verdict: Verdict, instead: Determination) -> bool:
    """Tell whether only the calendar tells a departure from one to come: the learned reader knows no days."""
    is_dated = verdict.determination in _DEPARTURES and verdict.effective_date is not None
    return is_dated and instead == Determination.UNKNOWN and bool(reading.of_sender(Meaning.LAST_DAY))


def _is_hedged(reading: Reading, verdict: Verdict) -> bool:
    """Tell whether the grammar itself found a doubt, which no word can remove: also whose news it is."""
    matched = (verdict.matched or "").split(";")
    said = [s for s in reading.statements if s.entry in matched]
    return any(s.is_hedged or s.is_negated or s.is_partial for s in said)


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


def _as_learned(reading: Reading, opinion: Opinion, probability: float) -> Verdict:
    """Return the learned reader's verdict: a proposal, or authorised where a statement supports it."""
    verdict = _proposed(reading, opinion, probability)
    support = supporting(reading, opinion.determination)
    is_likely = probability >= AUTHORISES and reading.is_automatic
    if not (support and is_likely) or is_objected(reading, verdict):
        return verdict
    lead = max(support, key=lambda said: (said.who == Who.SENDER, not said.is_weak, -said.sentence))
    return verdict._replace(
        confidence=INFERRED,
        evidence=reading.evidence(lead),
        matched=f"{matched_entries(*support)};{verdict.matched}",
    )


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
