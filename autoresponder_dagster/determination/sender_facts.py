"""What the statements say of the sender's new address, title and employer.

Belongs here: the facts that departures and changes both need. Does not belong here: the decision.
"""

import re
from dataclasses import dataclass

from autoresponder_dagster.addresses import domain_of, is_role_mailbox
from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import NO_SPACES, Meaning
from autoresponder_dagster.determination.mailboxes import find_mailboxes
from autoresponder_dagster.determination.people import Identity
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.statements import Statement
from autoresponder_dagster.determination.subjects import Who
from autoresponder_dagster.determination.titles import clean_organization, clean_title

_LONG_WORD = 4
_AS_TITLE = re.compile(
    r"\b(?:as|als|comme|en tant que|como|come|jako|som) (?:an? |the |la |le |el |il |die |der |their )?"
    r"([^,.;:!?()]{3,60})"
)


@dataclass(frozen=True)
class StatedAddress:
    """A new address, how surely it is the sender's own (0..1), and the statement that gives it."""

    email: str | None = None
    fit: float = 0.0
    statement: Statement | None = None


@dataclass(frozen=True)
class StatedTitle:
    """A new title and the statement that gives it."""

    text: str
    statement: Statement


def stated_address(reading: Reading) -> StatedAddress:
    """Return the sender's new address: the one that fits best, by the surest statement."""
    best = StatedAddress()
    statements = [s for s in reading.of_sender(Meaning.NEW_ADDRESS) if not (s.is_negated or s.is_temporary)]
    for statement in sorted(statements, key=lambda s: (s.is_weak, reading.in_subject(s), s.sentence)):
        email, fit = facts.new_address(reading.sources, statement)
        if email is not None and fit > best.fit:
            best = StatedAddress(email, fit, statement)
    return best


def stated_title(reading: Reading) -> StatedTitle | None:
    """Return the sender's new title, if the sender states one."""
    for statement in reading.of_sender(Meaning.NEW_TITLE):
        # Japanese and Chinese leave out the subject where it is the writer.
        is_writer = statement.who == Who.IMPLICIT and statement.language in NO_SPACES and reading.is_automatic
        if statement.is_negated or statement.title is None or not (statement.who == Who.SENDER or is_writer):
            continue
        text = clean_title(reading.text_of(statement, statement.title), reading.sources.lexicons, reading.identity)
        if text is not None:
            return StatedTitle(text, statement)
    return None


def stated_employer(reading: Reading) -> str | None:
    """Return the organisation for which the sender now works, if it is another one."""
    for statement in reading.of_sender(Meaning.NEW_EMPLOYER):
        if statement.is_negated or statement.org is None:
            continue
        name = clean_organization(reading.text_of(statement, statement.org))
        if name is not None and not _is_own_organization(name, reading.identity):
            return name
    return None


def _is_own_organization(name: str, identity: Identity) -> bool:
    domain = re.sub(r"[^a-z]", "", domain_of(identity.email or "").rpartition(".")[0])
    words = [word for word in re.findall(r"[a-z]+", fold(name)) if len(word) >= _LONG_WORD]
    return bool(words) and all(word in domain for word in words[:2])


def title_at_employer(reading: Reading) -> str | None:
    """Return the title at the new employer (``joined Brightwater as a Principal``)."""
    for statement in reading.of_sender(Meaning.NEW_EMPLOYER):
        found = _AS_TITLE.search(reading.sources.own.sentences[statement.sentence].text, statement.start)
        title = clean_title(found.group(1), reading.sources.lexicons, None) if found else None
        if title:
            return title
    return None


def forwarding_address(reading: Reading) -> str | None:
    """Return an address of the sender's own form under another domain that the own words give."""
    for box in find_mailboxes(reading.sources.own.own):
        is_elsewhere = domain_of(box.email) != domain_of(reading.identity.email or "")
        if is_elsewhere and facts.is_own_address(box.email, reading.identity) and not is_role_mailbox(box.email):
            return box.email
    return None
