"""What holds for the verdict on any message, however broken: used by the property tests and by the fuzzer."""

import re
from collections.abc import Callable, Iterator
from datetime import date

from autoresponder_dagster.addresses import is_valid_email
from autoresponder_dagster.determination import Verdict, determine, mentioned_emails, read_envelope
from autoresponder_dagster.determination.parse import parse
from autoresponder_dagster.schemas.messages import MAX_EVIDENCE

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
"""Line ends and other control characters, and half surrogate pairs, which no file can hold."""
_BROKEN_READER = "could not be read ("
"""How a verdict begins to say that a stage raised: safe for the pipeline, but a defect."""


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


_ADDRESSES = ("new_email", "replacement_email", "failed_recipient")
_FORMS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(_ADDRESSES, is_valid_email),
    "return_date": _is_day,
    "effective_date": _is_day,
    "language": re.compile(r"[a-z]{2}").fullmatch,
}


def broken_invariants(raw: bytes) -> list[str]:
    """Return what does not hold for the verdict on a message, in words."""
    verdict = determine(raw)
    broken = list(_of_the_verdict(verdict))
    if determine(raw) != verdict:
        broken.append("the same bytes gave two verdicts")
    broken.extend(_of_the_message(raw, verdict))
    return broken


def _of_the_verdict(verdict: Verdict) -> Iterator[str]:
    if (verdict.parse_problem or "").startswith(_BROKEN_READER):
        yield f"a stage raised: {verdict.parse_problem}"
    if not 0 <= verdict.confidence <= 1:
        yield f"confidence {verdict.confidence}"
    if len(verdict.evidence or "") > MAX_EVIDENCE:
        yield f"evidence of {len(verdict.evidence or '')} characters"
    for name, value in verdict._asdict().items():
        if isinstance(value, str):
            if not value.strip():
                yield f"{name} is empty instead of null"
            if wrong := _UNPRINTABLE.search(value):
                yield f"{name} holds {wrong.group()!r}: {value[:80]!r}"
    for name, is_valid in _FORMS.items():
        value = getattr(verdict, name)
        if value is not None and not is_valid(value):
            yield f"{name} is malformed: {value!r}"


def _of_the_message(raw: bytes, verdict: Verdict) -> Iterator[str]:
    envelope, parsed = read_envelope(raw), parse(raw)
    readable = f"{parsed.text} {parsed.delivery_status} {envelope.subject or ''}"
    if verdict.evidence is not None and not _stands_in(verdict.evidence, readable):
        yield f"evidence is not in the message: {verdict.evidence!r}"
    emitted = {getattr(verdict, name) for name in _ADDRESSES} | {contact.email for contact in verdict.alternates}
    if verdict.sender_email != envelope.sender_email:
        emitted.add(verdict.sender_email)
    if unmentioned := emitted - {None} - set(mentioned_emails(raw)):
        yield f"addresses that mentioned_emails lacks: {sorted(unmentioned)}"


def _stands_in(evidence: str, text: str) -> bool:
    """Tell whether a text holds the evidence: as it is, else its words in order, with a quoted line between them."""
    if re.sub(r"\s", "", evidence) in re.sub(r"\s", "", text):
        return True
    words = iter(text.split())
    return all(any(word in written for written in words) for word in evidence.split())
