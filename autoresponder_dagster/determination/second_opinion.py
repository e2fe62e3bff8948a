"""Second opinions: what another reader's answer may change in a verdict (rules.md §4, mail.md §3.6).

Belongs here: which verdicts are put to a second reader, what it is shown, the form of its answer, and what of
an answer counts. Does not belong here: who that reader is and how it is asked (``clients/llm``).

The second reader is not trusted, and neither is the message that it reads. It may only point at words of the
message: evidence that does not stand in the sender's own words drops the whole answer, a fact that does not
stand in the message is dropped. What is left goes to Human Review; it writes only where the policy says so.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

import pandas as pd
from pandera.typing import DataFrame
from pydantic import BaseModel, ConfigDict, model_validator

from autoresponder_dagster.addresses import is_role_mailbox
from autoresponder_dagster.determination.dates import FUTURE, PAST, find_dates
from autoresponder_dagster.determination.folding import clean, collapse, fold
from autoresponder_dagster.determination.mailboxes import find_mailboxes
from autoresponder_dagster.determination.reading import read
from autoresponder_dagster.determination.transport import TransportClass
from autoresponder_dagster.determination.verdict import DOUBTFUL
from autoresponder_dagster.schemas import DeterminationRow, EmailMessage
from autoresponder_dagster.schemas.enums import Category, Determination
from autoresponder_dagster.schemas.messages import MAX_EVIDENCE

OPEN_CATEGORIES = (Category.UNCLEAR, Category.HUMAN_MESSAGE, Category.THIRD_PERSON, Category.MAILBOX_UNMONITORED)
"""Kinds of UNKNOWN in which a text was read and another reader may find more in it.

Not those that a machine's notice settles (bounces, lists, receipts), nor those that Human Review sees anyway.
"""

MAX_FACT = 120
"""Longest name, title or organisation, in characters."""

_STEP = 0.01
"""Distance kept from the write threshold."""
_SHORTEST_EVIDENCE = 3
"""Fewest letters that say something: three characters suffice in Chinese ("has left")."""
_LETTER = "0-9A-Za-z\u00c0-\u024f"


class Outcome(StrEnum):
    """What became of a second reading; ``matched`` holds it as ``second_reader:<outcome>``."""

    USED = "used"
    """Its verdict counts."""
    NO_VERDICT = "no_verdict"
    """It does not know either; the first verdict stands."""
    UNSUPPORTED = "unsupported"
    """The message's words do not bear it out; the first verdict stands."""
    NO_ANSWER = "no_answer"
    """It failed, or answered in no known form; the first verdict stands."""


@dataclass(frozen=True)
class Kind:
    """What an answer of one determination may hold.

    Attributes:
        categories: the finer kinds.
        facts: the facts that go with it; others are no part of such a verdict (the cover of an absence).
        needs: facts of which at least one must be given.
    """

    categories: tuple[Category, ...]
    facts: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


_DEPARTED = (
    Category.LEFT,
    Category.RETIRED,
    Category.DECEASED,
    Category.POSITION_ELIMINATED,
    Category.NEW_EMPLOYER,
)
_AFTER_DEPARTURE = ("new_org", "new_email", "effective_date")

KINDS = {
    Determination.INACTIVE: Kind(_DEPARTED, _AFTER_DEPARTURE),
    Determination.REPLACEMENT: Kind(
        _DEPARTED,
        (*_AFTER_DEPARTURE, "replacement_name", "replacement_email", "replacement_title"),
        needs=("replacement_name", "replacement_email"),
    ),
    Determination.EMAIL_UPDATE: Kind(
        (Category.ADDRESS_CHANGED, Category.ORGANIZATION_RENAMED, Category.NAME_CHANGED),
        ("new_email", "new_title", "new_org", "effective_date"),
        needs=("new_email",),
    ),
    Determination.TITLE_UPDATE: Kind((Category.TITLE_CHANGED,), ("new_title", "effective_date"), needs=("new_title",)),
    Determination.ACTIVE: Kind((Category.STILL_HERE, Category.RETURNED)),
    Determination.OUT_OF_OFFICE: Kind(
        (Category.ABSENCE, Category.EXTENDED_LEAVE, Category.OFFICE_CLOSED), ("return_date",)
    ),
}
"""What a second reader may say besides UNKNOWN (rules.md §4)."""


class Facts(BaseModel):
    """Quotes of the message that name a fact; null where it names none. Dates too are quoted, not computed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    new_email: str | None
    new_title: str | None
    new_org: str | None
    replacement_name: str | None
    replacement_email: str | None
    replacement_title: str | None
    return_date: str | None
    effective_date: str | None


class Answer(BaseModel):
    """What a second reader answers, in the form that it is asked for; nothing in it is checked yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    determination: Determination
    category: Category
    evidence: str
    facts: Facts

    @model_validator(mode="after")
    def _fits(self) -> Self:
        kind = KINDS.get(self.determination)
        if kind is not None and self.category not in kind.categories:
            raise ValueError(f"{self.category} is no kind of {self.determination}.")
        return self


@dataclass(frozen=True)
class Question:
    """One message as a second reader is shown it, and what its answer is checked against.

    Attributes:
        sender_email: whom the message is taken to be about.
        sender_name: the display name of the From header.
        day: the message's day; null where it has none.
        subject: what the sender wrote in the subject line; not our own mailing's subject.
        own_words: the sender's own words, one sentence per line.
        signature: where a name or an address may stand, but never evidence.
        month_first: the order of ``10/11`` in the message; not shown.
    """

    sender_email: str
    sender_name: str | None
    day: date | None
    subject: str
    own_words: str
    signature: str
    month_first: bool | None = None

    @property
    def own_text(self) -> str:
        """All that evidence may be quoted from; a quote may span sentences, but not subject and body."""
        return "\n".join(collapse(text) for text in (self.subject, self.own_words) if text.strip())

    @property
    def text(self) -> str:
        """All that a fact may be quoted from."""
        return f"{self.own_text}\n{collapse(self.signature)}"


@dataclass(frozen=True)
class Limits:
    """Where a second reading may be placed: the thresholds of rules.md §4 and the policy's switch."""

    min_review_confidence: float
    min_write_confidence: float
    may_authorize_writes: bool = False

    def confidence(self, *, agrees: bool, may_write: bool) -> float | None:
        """Return the confidence of a verdict that the words bear out; null where the thresholds leave no room.

        Args:
            agrees: both readers came to the same determination, with the same facts.
            may_write: nothing speaks against the verdict, neither a dropped fact nor the first reader.
        """
        if self.may_authorize_writes and may_write:
            return self.min_write_confidence
        highest = round(self.min_write_confidence - _STEP, 2)
        if highest < self.min_review_confidence:
            return None
        return highest if agrees else min(max(DOUBTFUL, self.min_review_confidence), highest)


def questions(
    determinations: DataFrame[DeterminationRow], messages: DataFrame[EmailMessage], limits: Limits
) -> dict[str, Question]:
    """Return the messages that a second reader is asked about, by ``message_id``, in the order of the verdicts.

    Asked are verdicts below the write threshold and the UNKNOWN of ``OPEN_CATEGORIES``, each with a sender and
    with words of its own.

    Args:
        determinations: the first verdicts, before ``demote_uncertain``.
        messages: the same messages with their raw text.
        limits: the write threshold.
    """
    is_unknown = determinations[DeterminationRow.determination].eq(Determination.UNKNOWN)
    is_open = determinations[DeterminationRow.category].isin(OPEN_CATEGORIES)
    is_uncertain = determinations[DeterminationRow.confidence].lt(limits.min_write_confidence)
    is_letter = determinations[DeterminationRow.transport_class].ne(TransportClass.DELIVERY_REPORT)
    has_sender = determinations[DeterminationRow.sender_email].notna()
    asked = determinations[is_letter & has_sender & ((is_unknown & is_open) | (~is_unknown & is_uncertain))]
    about = asked.set_index(DeterminationRow.message_id)[DeterminationRow.sender_email]
    chosen = messages[messages[EmailMessage.message_id].isin(about.index)]
    # Each message is taken apart again by itself, as in ``determine_frame``.
    found = {
        message[EmailMessage.message_id]: _question(message, about[message[EmailMessage.message_id]])
        for message in chosen.to_dict("records")
    }
    return {message_id: found[message_id] for message_id in about.index if found[message_id].own_text}


def _question(message: Mapping[Any, Any], sender_email: str) -> Question:
    sender, received_at = message[EmailMessage.sender_email], message[EmailMessage.received_at]
    reading = read(message[EmailMessage.raw], None if pd.isna(sender) else str(sender), received_at.to_pydatetime())
    own = reading.sources.own
    return Question(
        sender_email=sender_email,
        sender_name=reading.message.envelope.sender_name,
        day=reading.sources.today,
        subject=" ".join(sentence.text for sentence in own.sentences if sentence.is_subject),
        own_words=own.own,
        signature=own.signature,
        month_first=reading.sources.month_first,
    )


def with_second_opinions(
    determinations: DataFrame[DeterminationRow],
    asked: Mapping[str, Question],
    answers: Sequence[Answer | None],
    limits: Limits,
) -> DataFrame[DeterminationRow]:
    """Return the verdicts with the second reader's where it counts, in the same order.

    Args:
        determinations: the first verdicts.
        asked: what ``questions`` chose of them.
        answers: one per question, in its order; null where there is none.
        limits: where a second reading may be placed.
    """
    answered = {
        message_id: (question, answer) for (message_id, question), answer in zip(asked.items(), answers, strict=True)
    }
    rows: list[dict[Any, Any]] = determinations.to_dict("records")
    # A verdict is compared with an answer one by one; there is nothing to vectorise.
    for row in rows:
        if row[DeterminationRow.message_id] in answered:
            row.update(second_opinion(row, *answered[row[DeterminationRow.message_id]], limits))
    return DeterminationRow.from_rows(rows)


def outcome_counts(determinations: DataFrame[DeterminationRow]) -> dict[str, int]:
    """Return how many second readings ended in which way, by the name of the ``Outcome``."""
    found = determinations[DeterminationRow.matched].str.extract(r"second_reader:(\w+)", expand=False)
    return {outcome.value: int(found.eq(outcome).sum()) for outcome in Outcome}


def second_opinion(
    first: Mapping[Any, Any], question: Question, answer: Answer | None, limits: Limits
) -> dict[str, Any]:
    """Return the columns of a ``DeterminationRow`` that a second reading changes; ``matched`` always says how it ended.

    A verdict that is used is used whole. Only where both readers came to the same determination, facts that the
    second leaves out are kept from the first.
    """
    if answer is None:
        return _noted(first, Outcome.NO_ANSWER)
    if answer.determination == Determination.UNKNOWN:
        return _noted(first, Outcome.NO_VERDICT)
    supported = _supported(answer, question)
    if supported is None:
        return _noted(first, Outcome.UNSUPPORTED)

    known = {name: None if pd.isna(first[name]) else first[name] for name in Facts.model_fields}
    is_same = first[DeterminationRow.determination] == supported.determination
    facts = {name: supported.facts.get(name) or (known[name] if is_same else None) for name in known}
    contradicts = any(value is not None and facts[name] != value for name, value in known.items())
    is_undecided = first[DeterminationRow.determination] == Determination.UNKNOWN
    confidence = limits.confidence(
        agrees=is_same and not contradicts,
        may_write=supported.is_complete and not contradicts and (is_same or is_undecided),
    )
    if confidence is None:
        return _noted(first, Outcome.NO_VERDICT)
    return {
        **_noted(first, Outcome.USED),
        **facts,
        DeterminationRow.determination: supported.determination.value,
        DeterminationRow.category: supported.category.value,
        DeterminationRow.confidence: confidence,
        DeterminationRow.evidence: supported.evidence,
    }


def _noted(first: Mapping[Any, Any], outcome: Outcome) -> dict[str, Any]:
    matched = first[DeterminationRow.matched]
    entries = [] if pd.isna(matched) else [str(matched)]
    return {DeterminationRow.matched: ";".join([*entries, f"second_reader:{outcome}"])}


@dataclass(frozen=True)
class _Supported:
    """What of an answer the message's words bear out. ``is_complete`` is false where something was dropped."""

    determination: Determination
    category: Category
    evidence: str
    facts: Mapping[str, str]
    is_complete: bool


def _supported(answer: Answer, question: Question) -> _Supported | None:
    evidence = _evidence(answer.evidence, question)
    kind = KINDS[answer.determination]
    stated = {name: quote for name in kind.facts if (quote := getattr(answer.facts, name))}
    facts = {name: value for name, quote in stated.items() if (value := _fact(name, quote, question))}
    if evidence is None or _is_to_come(facts, question, answer.determination):
        return None
    determination = answer.determination
    if kind.needs and not any(name in facts for name in kind.needs):
        if determination != Determination.REPLACEMENT:
            return None
        # Gone, and who takes over is not told after all.
        determination = Determination.INACTIVE
        facts = {name: value for name, value in facts.items() if name in KINDS[determination].facts}
    is_complete = determination == answer.determination and facts.keys() == stated.keys()
    return _Supported(determination, answer.category, evidence, facts, is_complete)


def _is_to_come(facts: Mapping[str, str], question: Question, determination: Determination) -> bool:
    """Tell whether a departure lies ahead of the message: then nobody has left yet (rules.md §4)."""
    is_departure = determination in (Determination.INACTIVE, Determination.REPLACEMENT)
    since = facts.get("effective_date")
    return is_departure and since is not None and question.day is not None and since > question.day.isoformat()


def _quoted(quote: str, text: str) -> str | None:
    """Return a quote on one line if it stands in a text, word by word; no word may be cut."""
    words = collapse(clean(quote))
    if not 0 < len(words) <= len(text):
        return None
    start = rf"(?<![{_LETTER}])" if re.match(f"[{_LETTER}]", words) else ""
    end = rf"(?![{_LETTER}])" if re.search(f"[{_LETTER}]$", words) else ""
    return words if re.search(start + re.escape(words) + end, text) else None


def _evidence(quote: str, question: Question) -> str | None:
    """Return the evidence: the quote in its sentence, so that a reviewer sees what stands around it."""
    words = _quoted(quote, question.own_text)
    if words is None or len(re.findall(r"[^\W_]", words)) < _SHORTEST_EVIDENCE:
        return None
    sentences = [collapse(sentence) for sentence in (question.subject, *question.own_words.splitlines())]
    around = next((sentence for sentence in sentences if _quoted(words, sentence)), words)
    return around if len(around) <= MAX_EVIDENCE else words[:MAX_EVIDENCE].strip()


def _fact(name: str, quote: str, question: Question) -> str | None:
    """Return the value that a quoted fact has, as the engine itself reads these words; null where it has none."""
    words = _quoted(quote, question.text)
    if words is None or len(words) > MAX_FACT:
        return None
    if name in ("new_email", "replacement_email"):
        return _address(words, question, may_be_role=name == "new_email")
    if name in ("return_date", "effective_date"):
        return _day(words, question, FUTURE if name == "return_date" else PAST)
    if name == "replacement_name" and fold(words) == fold(question.sender_name or ""):
        return None
    return words


def _address(words: str, question: Question, *, may_be_role: bool) -> str | None:
    """Return the one address of a quote, if the whole message holds it too and it is not the sender's."""
    there = {box.email for box in find_mailboxes(question.text)}
    found = {box.email for box in find_mailboxes(words)} & there - {question.sender_email}
    usable = [email for email in found if may_be_role or not is_role_mailbox(email)]
    return usable[0] if len(usable) == 1 else None


def _day(words: str, question: Question, direction: int) -> str | None:
    """Return the last date of a quote, ISO 8601: a range ends at its end."""
    dates = find_dates(words, question.day, direction, month_first=question.month_first)
    values = [stated.value for stated in dates if stated.value is not None and stated.is_certain]
    return values[-1].isoformat() if values else None
