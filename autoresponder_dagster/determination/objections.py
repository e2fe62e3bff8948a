"""Objections: what in a message speaks against a change that is not plainly said.

Belongs here: the signs of the grammar (times, places, posts, people) that forbid to authorise a verdict of
which the statements are unsure or which only the learned reader sees. Does not belong here: how sure a plain
statement is (``departures.py`` and its neighbours).
"""

from collections.abc import Callable, Mapping

from autoresponder_dagster.addresses import is_role_mailbox
from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.changes import is_honorary
from autoresponder_dagster.determination.contacts import names_another
from autoresponder_dagster.determination.departures import speaks_of_a_while
from autoresponder_dagster.determination.lexicon import AWAY, DEPARTED, Meaning
from autoresponder_dagster.determination.mailboxes import find_mailboxes
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.sender_facts import is_same_organization, stated_employer, title_in_passing
from autoresponder_dagster.determination.statements import Statement
from autoresponder_dagster.determination.subjects import Who
from autoresponder_dagster.determination.verdict import Verdict
from autoresponder_dagster.schemas.enums import Determination

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


def supporting(reading: Reading, determination: Determination) -> list[Statement]:
    """Return the statements on which a change can rest: of the sender or of nobody in particular, and not denied."""
    meanings = _SUPPORT.get(determination, frozenset())
    return [
        s
        for s in reading.of_sender(*meanings)
        # Who "moved to" something may be in another team.
        if not (s.is_negated or s.is_temporary or s.is_partial or (s.is_weak and s.means == Meaning.NEW_EMPLOYER))
    ]


def is_objected(reading: Reading, verdict: Verdict) -> bool:
    """Tell whether anything in a message speaks against the change that a verdict names."""
    objects = _OBJECTIONS.get(verdict.determination)
    return objects is None or objects(reading, verdict)


def _is_away(reading: Reading) -> bool:
    """Tell whether anything is said to last for a time: then somebody named may only cover."""
    away = [s for s in reading.of_sender(*AWAY) if not (s.is_negated or s.is_over or s.who == Who.UNRESOLVED)]
    sentences = range(len(reading.sources.own.sentences))
    ahead = any(facts.has_end(reading.sources, number) for number in sentences)
    return reading.has_absence_subject or bool(away) or ahead or speaks_of_a_while(reading)


def _is_there(reading: Reading) -> bool:
    """Tell whether the sender says to be there, to be back, or that the address stays."""
    return any(
        not s.is_negated for s in reading.of_sender(Meaning.STILL_HERE, Meaning.RETURNED, Meaning.ADDRESS_UNCHANGED)
    )


def _has_another_address(reading: Reading) -> bool:
    """Tell whether the message or its signature holds another address of the sender's own form."""
    sources = reading.sources
    return any(
        box.email != sources.identity.email and facts.is_own_address(box.email, sources.identity)
        for text in (sources.own.own, sources.own.signature)
        for box in find_mailboxes(text)
    )


def _is_leaving(reading: Reading) -> bool:
    return any(not s.is_negated for s in reading.of_sender(Meaning.LEAVING))


def _has_gone(reading: Reading) -> bool:
    """Tell whether a departure is said in whatever strength: of the sender, or of whom is not clear."""
    return any(not (s.is_negated or s.is_temporary) for s in reading.of_sender(*DEPARTED, Meaning.LAST_DAY))


def _against_departure(reading: Reading) -> bool:
    moves = any(not (s.is_negated or s.is_weak) for s in reading.of_sender(Meaning.NEW_EMPLOYER))
    stays = not moves and any(not (s.is_negated or s.is_weak) for s in reading.of_sender(Meaning.NEW_TITLE))
    is_office = is_role_mailbox(reading.identity.email or "")
    stays = stays or title_in_passing(reading, "title_news") is not None
    is_unclear = stays or is_office or _has_another_address(reading) or _is_away(reading) or _is_there(reading)
    return is_unclear or _is_leaving(reading)


def _against_inactive(reading: Reading, verdict: Verdict) -> bool:
    is_named = bool(verdict.alternates) or names_another(reading.sources, reading.statements)
    return is_named or _against_departure(reading)


def _against_replacement(reading: Reading, verdict: Verdict) -> bool:
    is_guess = any(contact.is_guess for contact in verdict.alternates[:1])
    return verdict.replacement_name is None or is_guess or _against_departure(reading)


def _against_new_address(reading: Reading, verdict: Verdict) -> bool:
    email = verdict.new_email
    if email is None or is_role_mailbox(email) or not facts.is_own_address(email, reading.identity):
        return True
    is_elsewhere = stated_employer(reading) is not None or not is_same_organization(reading, email)
    return is_elsewhere or reading.identity.writer is not None or _has_gone(reading)


def _against_new_title(reading: Reading, verdict: Verdict) -> bool:
    is_gone = _has_gone(reading) or stated_employer(reading) is not None or _is_leaving(reading)
    is_elsewhere = any(is_honorary(reading, s) for s in reading.of_sender(Meaning.NEW_TITLE))
    return verdict.new_title is None or is_gone or is_elsewhere or _is_away(reading)


def _against_presence(reading: Reading, _: Verdict) -> bool:
    other = facts.other_own_address(reading.sources, at_home=False)
    news = reading.of_sender(
        Meaning.NEW_TITLE, Meaning.NEW_ADDRESS, Meaning.NEW_EMPLOYER, Meaning.ROLE_ENDED, Meaning.OLD_ADDRESS_ENDS
    )
    is_office = is_role_mailbox(reading.identity.email or "")
    is_changed = other is not None or any(not s.is_negated for s in news)
    return is_changed or is_office or _has_gone(reading) or _is_leaving(reading) or _is_away(reading)


_OBJECTIONS: Mapping[Determination, Callable[[Reading, Verdict], bool]] = {
    Determination.INACTIVE: _against_inactive,
    Determination.REPLACEMENT: _against_replacement,
    Determination.EMAIL_UPDATE: _against_new_address,
    Determination.TITLE_UPDATE: _against_new_title,
    Determination.ACTIVE: _against_presence,
}
