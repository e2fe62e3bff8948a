"""What the statements say of the sender's new address, title and employer.

Belongs here: the facts that departures and changes both need. Does not belong here: the decision.
"""

import re

from autoresponder_dagster.addresses import domain_of, is_role_mailbox
from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import NO_SPACES, Meaning
from autoresponder_dagster.determination.mailboxes import find_mailboxes
from autoresponder_dagster.determination.people import Identity
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.statements import Statement, Who


def stated_address(reading: Reading) -> tuple[str | None, float, Statement | None]:
    best: tuple[str | None, float, Statement | None] = (None, 0.0, None)
    statements = [s for s in reading.of_sender(Meaning.NEW_ADDRESS) if not (s.is_negated or s.is_temporary)]
    for statement in sorted(statements, key=lambda s: (s.is_weak, reading.in_subject(s), s.sentence)):
        address, fit = facts.new_address(reading.sources, statement)
        if address is not None and fit > best[1]:
            best = (address, fit, statement)
    return best


def stated_title(reading: Reading) -> tuple[Statement, str] | None:
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


def stated_employer(reading: Reading) -> str | None:
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


def title_at_employer(reading: Reading) -> str | None:
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


def forwarding_address(reading: Reading) -> str | None:
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
