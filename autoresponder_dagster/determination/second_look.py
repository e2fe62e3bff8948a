"""The second look: what the statements say, held against the opinion of the learned reader.

Belongs here: who is believed where the two differ, and how sure the verdict then is. Does not belong here:
how either comes to its view (``departures.py`` and its neighbours; ``learned.py``).

The two read independently, so each guards against the errors of the other: a change is authorised where
both see it, or where one is sure and the other does not object. Everything else is a proposal for Human
Review. The thresholds are measured on labelled messages that the learned reader had not seen.
"""

import re
from dataclasses import replace
from math import exp, log

from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.departures import departure_facts
from autoresponder_dagster.determination.learned import Opinion, opinion_on
from autoresponder_dagster.determination.lexicon import Meaning
from autoresponder_dagster.determination.presence import absence_facts
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.sender_facts import stated_address, stated_title
from autoresponder_dagster.determination.statements import Statement
from autoresponder_dagster.determination.subjects import Who
from autoresponder_dagster.determination.verdict import (
    CERTAIN,
    CLEAR,
    DOUBTFUL,
    INFERRED,
    NEARLY,
    WRITE_CONFIDENCE,
    Verdict,
    base_verdict,
)
from autoresponder_dagster.schemas.enums import Category, Determination

OVERTURNS = 0.7
"""From this probability on another verdict takes the place of a sure one of the statements."""
PROPOSES = 0.4
"""The same of an unsure one."""
OVERTURNS_IN_A_LETTER = 0.9
"""The same in what a person wrote, sure or not: people write of anything, and few examples are letters."""
STANDS = {
    Determination.INACTIVE: 0.7,
    Determination.REPLACEMENT: 0.5,
    Determination.EMAIL_UPDATE: 0.7,
    Determination.TITLE_UPDATE: 0.5,
    Determination.ACTIVE: 0.8,
}
"""From this probability on a sure verdict of the statements stands."""
STANDS_IN_A_LETTER = 0.8
"""The same of any change, in what a person wrote."""
CONFIRMED = {
    Determination.INACTIVE: 0.96,
    Determination.REPLACEMENT: 0.9,
    Determination.EMAIL_UPDATE: 0.9,
    Determination.TITLE_UPDATE: 0.95,
    Determination.ACTIVE: 0.97,
}
"""From this probability on an unsure verdict of the statements becomes a sure one."""
PLAUSIBLE = 0.8
"""Below this probability what only the learned reader says is doubtful."""
_WORD = re.compile(r"[^\W\d_]{2}")
_SHARPNESS = 0.92
_WEIGHT_OF_CHANGE = ((CERTAIN, 1.26), (CLEAR, 0.96), (INFERRED, 1.08), (0.0, 0.79))
"""How much a verdict of the statements counts, by its confidence: the logarithm of a factor on its odds."""
_WEIGHT_OF_ABSENCE, _WEIGHT_OF_SURE_UNKNOWN, _WEIGHT_OF_TOLD_UNKNOWN = 0.25, 1.48, 0.75
_LEAST_PROBABILITY = 1e-5
_DEPARTURES = (Determination.INACTIVE, Determination.REPLACEMENT)


def second_look(reading: Reading, verdict: Verdict) -> Verdict:
    """Return the verdict of the statements: confirmed, weakened, or replaced by the learned reader's.

    What a system tells of somebody else is not looked at again: the learned reader knows only senders.
    """
    is_of_another = verdict.sender_email != reading.identity.email
    if is_of_another or not any(_WORD.search(sentence.text) for sentence in reading.sources.own.sentences):
        return verdict
    opinion = opinion_on(reading)
    probabilities = _combined(opinion, verdict)
    best = max(probabilities, key=lambda one: probabilities[one])
    probability = probabilities[best]
    is_sure = verdict.confidence >= WRITE_CONFIDENCE
    least = OVERTURNS_IN_A_LETTER if not reading.is_automatic else OVERTURNS if is_sure else PROPOSES
    if best != verdict.determination and probability >= least:
        return _as_learned(reading, replace(opinion, determination=best), probability)
    if is_sure:
        if verdict.determination not in STANDS:
            return verdict
        needed = STANDS[verdict.determination] if reading.is_automatic else STANDS_IN_A_LETTER
        stands = probabilities[verdict.determination] >= needed
        return verdict if stands else replace(verdict, confidence=DOUBTFUL)
    is_said = reading.is_automatic and verdict.matched is not None and not _is_hedged(reading, verdict)
    is_confirmed = is_said and probabilities[verdict.determination] >= CONFIRMED.get(verdict.determination, 1.0)
    return replace(verdict, confidence=INFERRED) if is_confirmed else verdict


def _is_hedged(reading: Reading, verdict: Verdict) -> bool:
    """Tell whether the grammar itself found a doubt, which no word can remove: also whose news it is."""
    matched = (verdict.matched or "").split(";")
    said = [s for s in reading.statements if s.entry in matched]
    doubts = any(s.is_hedged or s.is_negated or s.is_partial for s in said)
    return doubts or not any(s.who == Who.SENDER for s in said)


def _combined(opinion: Opinion, verdict: Verdict) -> dict[Determination, float]:
    """Return the probabilities of the determinations, given both views (naive Bayes on their odds)."""
    logarithms = {
        determination: _SHARPNESS * log(max(probability, _LEAST_PROBABILITY))
        for determination, probability in opinion.probabilities.items()
    }
    logarithms[verdict.determination] += _weight(verdict)
    odds = {determination: exp(logarithm) for determination, logarithm in logarithms.items()}
    return {determination: odd / sum(odds.values()) for determination, odd in odds.items()}


def _weight(verdict: Verdict) -> float:
    if verdict.determination == Determination.UNKNOWN:
        is_told = verdict.matched is not None
        return _WEIGHT_OF_SURE_UNKNOWN if verdict.confidence >= WRITE_CONFIDENCE else _WEIGHT_OF_TOLD_UNKNOWN * is_told
    if verdict.determination == Determination.OUT_OF_OFFICE and verdict.confidence >= WRITE_CONFIDENCE:
        return _WEIGHT_OF_ABSENCE
    return next(weight for confidence, weight in _WEIGHT_OF_CHANGE if verdict.confidence >= confidence)


def _as_learned(reading: Reading, opinion: Opinion, probability: float) -> Verdict:
    """Return the learned reader's verdict, with the facts that such a verdict has. It authorises no change."""
    base = base_verdict(reading)
    statement = _statement(reading, opinion)
    verdict = replace(
        base,
        determination=opinion.determination,
        confidence=NEARLY if probability >= PLAUSIBLE else DOUBTFUL,
        evidence=reading.evidence(statement),
        matched=statement.entry,
    )
    if opinion.determination in _DEPARTURES:
        departed = departure_facts(reading, statement, verdict)
        if opinion.determination == Determination.INACTIVE:
            departed = replace(
                departed, replacement_name=None, replacement_email=None, replacement_title=None, alternates=()
            )
        return replace(departed, determination=opinion.determination)
    if opinion.determination == Determination.EMAIL_UPDATE:
        email = stated_address(reading).email or facts.other_own_address(reading.sources, at_home=False)
        return replace(verdict, category=Category.ADDRESS_CHANGED, new_email=email)
    if opinion.determination == Determination.TITLE_UPDATE:
        title = stated_title(reading)
        return replace(verdict, category=Category.TITLE_CHANGED, new_title=title.text if title else None)
    if opinion.determination == Determination.OUT_OF_OFFICE:
        return replace(
            absence_facts(reading, [], verdict),
            confidence=verdict.confidence,
            evidence=verdict.evidence,
            matched=verdict.matched,
        )
    if opinion.determination == Determination.ACTIVE:
        return replace(verdict, category=Category.STILL_HERE if reading.is_automatic else Category.HUMAN_MESSAGE)
    return replace(verdict, category=Category.UNCLEAR)


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
