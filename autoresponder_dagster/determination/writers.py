"""Writers: whether the sender writes, or somebody else from the sender's mailbox.

Belongs here: who says "I" in a message. Does not belong here: whom a sentence speaks of (``subjects.py``).
"""

import re
from collections.abc import Sequence

from autoresponder_dagster.determination.asian_names import is_asian, name_at_start
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import DEPARTED, Lexicon, Meaning, name_table, name_words
from autoresponder_dagster.determination.organizations import names_own_organization
from autoresponder_dagster.determination.own_words import OwnWords, Sentence
from autoresponder_dagster.determination.people import Identity, is_person_like, person_names, strip_honorifics
from autoresponder_dagster.determination.statements import NAMES, Statement, span_of
from autoresponder_dagster.determination.subjects import Who
from autoresponder_dagster.determination.titles import holds_title

_LONG_WORD = 5
_IN_BRACKETS = re.compile(r"\(.{0,20}?\)")
"""A degree or an office behind a name: "Ann Lee (Eng.)"."""
_INTRODUCTION = 3
"""Sentences within which somebody who writes in another's place says so."""
_SIGNED_LINES = 3
"""Lines of a signature within which the name stands."""
_LONGEST_SIGNATURE = 60
_MOST_NAME_WORDS = 4
_SIGN = " /,.-–—*_~"
_SIGNED_AT_END = re.compile(r"[.!?)]\s*[/–—-]{1,2}\s?([^\W\d_]+)$")
"""A name with a stroke before it at the end of a text: "Back on Monday. /Ann"."""
_BEHIND_NAME = re.compile(r"[,/|(:;]| [-–—] | (?:at|from|in|of|for) |<")
"""What stands between a name and an office in a signature."""
_ENDS = tuple(".!?…")
"""What a sentence ends with, and a signature does not."""
_SHORT = 2


def is_written_by(kind: str, own: OwnWords, lexicons: Sequence[Lexicon], identity: Identity) -> bool:
    """Tell whether a relative (``family_writer``) or another of the sender's people (``other_writer``) writes.

    The name beside the address tells it, or how the text begins: "I am Ann Lee's assistant", or without the name
    (``his_family_writer``), "I am his son".
    """
    if any(lexicon.finds(kind, fold(identity.name or "")) for lexicon in lexicons):
        return True
    sentences = [sentence for sentence in own.sentences if not sentence.is_subject]
    return any(
        (near.finds(kind, sentence.folded) and identity.is_named_in(sentence.text))
        or near.finds(f"his_{kind}", sentence.folded)
        for sentence in sentences[:_INTRODUCTION]
        for near in (lexicon.within(sentence.folded) for lexicon in lexicons)
    )


def find_writer(own: OwnWords, lexicons: Sequence[Lexicon], identity: Identity) -> str | None:
    """Return the name of somebody else who writes from the sender's mailbox.

    Such a person says so at the beginning ("This is Ann from the front desk"), or signs a text that speaks
    of the sender by name.
    """
    sentences = [sentence for sentence in own.sentences if not sentence.is_subject]
    for sentence in sentences[:_INTRODUCTION]:
        for lexicon in lexicons:
            found = lexicon.within(sentence.folded).finds("writer_intro", sentence.folded)
            span = span_of(found, *NAMES) if found else None
            name = strip_honorifics(sentence.text[slice(*span)]) if span else ""
            if is_asian(name):
                name = name_at_start(name) or ""
            if _may_be_writer(name, lexicons) and not identity.is_named_in(name):
                return name
    is_mourned = any(_tells_of_death(sentence, lexicons) for sentence in sentences)
    is_spoken_of = is_mourned or any(identity.is_named_in(sentence.text) for sentence in sentences)
    if not is_spoken_of:
        return None
    for line in (*(sentence.text for sentence in sentences[-_INTRODUCTION:]), *own.signature.split("\n")):
        name = _IN_BRACKETS.sub("", line).strip(" ,.-*_")
        if (
            not is_person_like(name)
            or (0, len(name), name) not in person_names(name)
            or (names_own_organization(name, identity, _LONG_WORD) and not identity.is_named_in(name))
        ):
            continue
        if not any(lexicon.finds("closing", fold(line).strip()) for lexicon in lexicons):
            is_kin = is_mourned or identity.is_of_family
            is_sender = identity.is_named_in(name) and not (is_kin and not identity.is_given_name_in(name))
            return None if is_sender else strip_honorifics(name)
    signed = signer(own, lexicons)
    if signed is None or is_signed_by(signed, identity) or not _is_told_of(sentences, lexicons, identity):
        return None
    return signed


def signer(own: OwnWords, lexicons: Sequence[Lexicon]) -> str | None:
    """Return the name with which a text is signed, perhaps a given name alone, before an office or a place or not."""
    lines = [line for line in own.signature.split("\n") if line.strip(_SIGN)][:_SIGNED_LINES]
    last = own.sentences[-1] if own.sentences else None
    if not lines and last is not None and not last.is_subject:
        at_end = _SIGNED_AT_END.search(last.text)
        lines = [at_end.group(1)] if at_end else [] if last.text.endswith(_ENDS) else [last.text]
    for line in lines:
        if len(line) > _LONGEST_SIGNATURE or "@" in line:
            continue
        text = line.strip(_SIGN)
        if any(lexicon.finds("closing", fold(text)) for lexicon in lexicons):
            continue
        name = strip_honorifics(_BEHIND_NAME.split(_IN_BRACKETS.sub("", text))[0].strip(_SIGN))
        if len(name.split()) <= _MOST_NAME_WORDS and person_names(name)[:1] == ((0, len(name), name),):
            return name if _may_be_writer(name, lexicons) else None
    return None


def is_signed_by(name: str, identity: Identity) -> bool:
    """Tell whether a name is the sender's, also in short ("Mel" is Melanie, "Bob" Robert)."""
    known = identity.tokens | identity.aliases
    first, *_ = fold(name).split()
    long = name_table("nicknames").get(first, first).split()
    is_short = len(first) >= _SHORT and any(word.startswith(one) for word in known for one in long)
    return is_short or identity.is_named_in(name)


def _is_told_of(sentences: Sequence[Sentence], lexicons: Sequence[Lexicon], identity: Identity) -> bool:
    """Tell whether a text speaks of the sender by name, otherwise than who says "This is Ann" or gives an address."""
    return any(
        identity.is_named_in(name) and not _introduces(sentence, lexicons, identity)
        for sentence in sentences
        for start, _, name in sentence.names
        if not any(box.start <= start < box.end for box in sentence.boxes)
    )


def _introduces(sentence: Sentence, lexicons: Sequence[Lexicon], identity: Identity) -> bool:
    """Tell whether somebody says to be the sender."""
    found = (lexicon.within(sentence.folded).finds("writer_intro", sentence.folded) for lexicon in lexicons)
    return any(identity.is_named_in(match.group()) for match in found if match is not None)


def _tells_of_death(sentence: Sentence, lexicons: Sequence[Lexicon]) -> bool:
    """Tell whether a sentence says that a relative of whoever writes has died."""
    return any(
        lexicon.finds("kin", sentence.folded) and any(entry.means == Meaning.DECEASED for entry, _ in matches)
        for lexicon in lexicons
        for matches in [lexicon.matches(sentence.folded)]
    )


def is_told_by_another(
    statements: Sequence[Statement], own: OwnWords, lexicons: Sequence[Lexicon], identity: Identity
) -> bool:
    """Tell whether somebody who says "I" tells by the sender's name that the sender left, and is not the sender.

    Nobody speaks so of oneself who introduces oneself by that name or signs with it.
    """
    told = {
        s.sentence
        for s in statements
        if s.means in DEPARTED and s.who == Who.SENDER and s.is_named and not s.is_first_person
        if not (s.is_weak or s.is_hedged or s.is_negated or s.is_temporary or s.is_partial)
    }
    sentences = [
        sentence for number, sentence in enumerate(own.sentences) if number in told and not sentence.is_subject
    ]
    if not any(identity.is_given_name_in(sentence.text) or _has_titled(sentence, identity) for sentence in sentences):
        return False
    if not any(lexicon.finds("first_person", sentence.folded) for lexicon in lexicons for sentence in own.sentences):
        return False
    signed = own.signature.split("\n") + [sentence.text for sentence in own.sentences[-1:] if len(sentence.names) == 1]
    is_signed = any(_is_just(line, identity) for line in signed)
    return not (is_signed or any(_introduces(sentence, lexicons, identity) for sentence in own.sentences))


def _has_titled(sentence: Sentence, identity: Identity) -> bool:
    """Tell whether a sentence names the sender with a form of address or a post before the name ("Warden Pike")."""
    titles = name_words("honorifics") | name_words("posts")
    return any(
        identity.is_named_in(name) and any(word.strip(".") in titles for word in sentence.folded[:end].split()[-3:-1])
        for _, end, name in sentence.names
    )


def _is_just(line: str, identity: Identity) -> bool:
    """Tell whether a line is nothing but the sender's name."""
    name = line.strip(" ,.-*_")
    return any(
        (start, end) == (0, len(name)) and identity.is_named_in(found) for start, end, found in person_names(name)
    )


def name_at_end(own: OwnWords, lexicons: Sequence[Lexicon], identity: Identity) -> str | None:
    """Return the full name of somebody else with which a text ends ("Ann Lee, RN", "Ann Lee, a.lee@…").

    In its last sentences it is the writer's only where the writer says to have taken over: else it may be the name of
    whoever has.
    """
    lines = own.signature.split("\n")
    if own.says("writer_takes_over", lexicons):
        lines += [sentence.text for sentence in reversed(own.sentences[-_INTRODUCTION:])]
    for line in lines:
        for start, end, name in person_names(line):
            begins = start == 0 or line[:start].rstrip().endswith((":", ",", "."))
            stands_alone = begins and (end == len(line.rstrip(" .")) or line[end : end + 1] == ",")
            if stands_alone and is_person_like(name) and not identity.is_named_in(name):
                return strip_honorifics(name)
    return None


def _may_be_writer(name: str, lexicons: Sequence[Lexicon]) -> bool:
    words = name.split()
    return is_asian(name) or (
        bool(words)
        and all(word[:1].isupper() for word in words)
        and not any(fold(word) in name_words("not_names") for word in words)
        and not any(fold(word) in name_words("organization_words") for word in words)
        and not any(fold(word) in lexicon.function_words for lexicon in lexicons for word in words)  # "Still here"
        and not holds_title(name, lexicons)
    )
