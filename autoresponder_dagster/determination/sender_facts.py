"""What the statements say of the sender's new address, title and employer.

Belongs here: the facts that departures and changes both need. Does not belong here: the decision.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from autoresponder_dagster.addresses import (
    domain_of,
    is_role_mailbox,
    is_same_or_related_domain,
    is_valid_email,
)
from autoresponder_dagster.determination import facts
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import DEPARTED, NO_SPACES, Meaning, alternatives, lexicon, terms
from autoresponder_dagster.determination.mailboxes import find_mailboxes, local_part, may_hold_mailbox, names_match
from autoresponder_dagster.determination.organizations import (
    clean_organization,
    is_own_organization,
    organizations_in,
)
from autoresponder_dagster.determination.own_words import OwnWords, Sentence
from autoresponder_dagster.determination.people import (
    Identity,
    has_honorific,
    is_person_like,
    names_before,
    person_names,
    strip_honorifics,
)
from autoresponder_dagster.determination.reading import Reading
from autoresponder_dagster.determination.statements import Statement
from autoresponder_dagster.determination.subjects import Who
from autoresponder_dagster.determination.titles import clean_title, ends_as_title, holds_title, names_one, titles_in

_IN_BRACKETS = re.compile(r"\([^()]*\)")
_LONG_WORD = 4
_BESIDE = 24
"""Characters from a title within which a name is its holder's."""
_BARE_DOMAIN = re.compile(r"(?:^|[\s(\"'@])((?:[a-z0-9-]+\.)+[a-z]{2,})\b")
"""A domain by itself: nothing of a mailbox stands before it."""
_UP_TO_STOP = re.compile(r"[^,.;:!?()]{3,60}")


class StatedAddress(NamedTuple):
    """A new address, how surely it is the sender's own (0..1), and the statement that gives it."""

    email: str | None = None
    fit: float = 0.0
    statement: Statement | None = None


class StatedTitle(NamedTuple):
    """A new title and the statement that gives it; ``organization`` is the one it is held in, if it is another one."""

    text: str
    statement: Statement
    organization: str | None = None
    is_since: bool = False
    """Whether it is told since when it is held, or what it was before."""


@lru_cache(maxsize=2)
def stated_address(reading: Reading) -> StatedAddress:
    """Return the sender's new address: the one that fits best, by the surest statement."""
    best = StatedAddress()
    statements = [s for s in reading.of_sender(Meaning.NEW_ADDRESS) if not (s.is_negated or s.is_temporary)]
    for statement in sorted(statements, key=lambda s: (s.is_weak, reading.in_subject(s), s.sentence)):
        email, fit = facts.new_address(reading.sources, statement)
        if email is None or (fit < facts.SIGNED and _names_successor(reading, statement)):
            continue
        if fit > best.fit and not _is_namesake(reading, email):
            best = StatedAddress(email, fit, statement)
    return best


def _names_successor(reading: Reading, statement: Statement) -> bool:
    """Tell whether the sentence of a statement gives a successor ("write to my successor: …")."""
    return any(
        s.means == Meaning.SUCCESSOR and s.sentence == statement.sentence and not (s.is_weak or s.is_temporary)
        for s in reading.statements
    )


@lru_cache(maxsize=2)
def address_in_passing(reading: Reading) -> StatedAddress:
    """Return another address of the sender that stands beside a word of change, in whatever words it is given.

    "Replace jdoe@… by jane.doe@…", "our domain is …, the part before the @ stays": the form of the address tells
    whose it is. One that serves another purpose (private, for emergencies) is none.
    """
    sources = reading.sources
    sentences = sources.own.sentences
    own = [[box for box in sentence.boxes if _is_another_own(reading, box.email)] for sentence in sources.own.sentences]
    beside = f"{sources.own.signature}\n{sources.vcard}"
    under_new_domain = _address_under_new_domain(reading)
    if not any(own) and not may_hold_mailbox(beside) and under_new_domain.email is None:
        return StatedAddress()  # Most messages give no other address of the sender: no word needs to be looked for.
    changing = {
        number
        for number, sentence in enumerate(sentences)
        if _finds(reading, "address_cue", sentence) or _finds(reading, "same_place", sentence)
    }
    if not changing:
        return StatedAddress()
    for number, sentence in enumerate(sources.own.sentences):
        is_near = not changing.isdisjoint((number - 1, number, number + 1))
        if not is_near or _finds(reading, "other_use", sentence):
            continue
        boxes = [box for box in own[number] if not _is_namesake(reading, box.email)]
        boxes = [box for box in boxes if not _finds(reading, "former_before", sentence, end=box.start)] or boxes
        if boxes:
            return StatedAddress(
                boxes[0].email,
                facts.OWN,
                _in_passing(reading, Meaning.NEW_ADDRESS, number, boxes[0].start, boxes[0].end),
            )
    points_below = reading.sources.own.says("here_below", reading.sources.lexicons)
    for box in find_mailboxes(beside) if points_below else ():
        if _is_another_own(reading, box.email):
            return StatedAddress(box.email, facts.SIGNED, _in_passing(reading, Meaning.NEW_ADDRESS, min(changing)))
    return under_new_domain


def _address_under_new_domain(reading: Reading) -> StatedAddress:
    """Return the old mailbox name under a new domain, where the text says that nothing but the domain changes."""
    own, home = reading.sources.own, domain_of(reading.identity.email or "")
    if not own.says("same_local_part", reading.sources.lexicons):
        return StatedAddress()
    for number, email in addresses_under_domains(own, reading.identity):
        if domain_of(email) != home:
            return StatedAddress(email, facts.SIGNED, _in_passing(reading, Meaning.NEW_ADDRESS, number))
    return StatedAddress()


def addresses_under_domains(own: OwnWords, identity: Identity) -> list[tuple[int, str]]:
    """Return the sender's mailbox name under every domain that stands by itself in a text, and in which sentence."""
    local = (identity.email or "").rpartition("@")[0]
    return [
        (number, email)
        for number, sentence in enumerate(own.sentences)
        for found in _BARE_DOMAIN.finditer(sentence.folded)
        if local and is_valid_email(email := f"{local}@{found.group(1)}")
    ]


def _in_passing(reading: Reading, means: Meaning, sentence: int, start: int = 0, end: int = 0) -> Statement:
    """Return what no entry of a lexicon says: a weak statement, for the evidence."""
    return Statement(
        means=means,
        who=Who.SENDER,
        entry=f"{means.value}_in_passing",
        language=reading.sources.lexicons[0].language,
        sentence=sentence,
        start=start,
        end=end,
        is_weak=True,
    )


def _is_another_own(reading: Reading, email: str) -> bool:
    """Tell whether an address is another one of the sender.

    One with the sender's surname is no role's; one with the name of the firm is the firm's.
    """
    identity = reading.identity
    if email == identity.email or not facts.is_own_address(email, identity):
        return False
    squeezed = re.sub(r"[^a-z]", "", fold(local_part(email)))
    home = re.sub(r"[^a-z]", "", domain_of(identity.email or ""))
    names = sorted(token for token in identity.tokens if token in home)
    is_firm = any(name in squeezed for name in names) and not any(
        token in squeezed for token in identity.tokens - set(names)
    )
    initials = {token[0] for token in identity.tokens - set(names)}
    if is_firm and squeezed[:1] not in initials and squeezed != re.sub(r"[^a-z]", "", identity.local_part):
        return False
    return not is_role_mailbox(email) or bool(identity.name and names_match(email, identity.name))


def _is_namesake(reading: Reading, email: str) -> bool:
    """Tell whether the text names somebody of the same surname, whose first name an address begins with."""
    if reading.of_sender(Meaning.NAME_CHANGED):
        return False
    for _, _, name in person_names(reading.sources.own.own):
        first = fold(strip_honorifics(name).split(" ")[0])
        is_other = len(name.split()) > 1 and first not in reading.identity.tokens
        if (
            is_other
            and names_match(email, name)
            and fold(email)[:1] == first[:1] != fold(reading.identity.name or " ")[0]
        ):
            return True
    return False


def moved_elsewhere(reading: Reading) -> StatedAddress:
    """Return an address of the sender under a strange domain, where the text rather tells of another employer.

    Mail for the old post is to go to the old domain, or nothing is said of mailboxes at all.
    """
    found = address_in_passing(reading)
    tells_why = reading.of_sender(Meaning.ORGANIZATION_RENAMED, Meaning.NAME_CHANGED, Meaning.OLD_ADDRESS_ENDS)
    is_said = any(not s.is_weak for s in reading.of_sender(Meaning.NEW_ADDRESS))
    if found.email is None or tells_why or is_said or is_same_organization(reading, found.email):
        return StatedAddress()
    home = domain_of(reading.identity.email or "")
    speaks_of_mail = False
    for sentence in reading.sources.own.sentences:
        boxes = sentence.boxes
        if any(domain_of(box.email) == home and box.email != reading.identity.email for box in boxes):
            return found
        speaks_of_mail = speaks_of_mail or _finds(reading, "mail_words", sentence)
    return StatedAddress() if speaks_of_mail else found


def says_to_stay(reading: Reading) -> bool:
    """Tell whether the sender says plainly, in the first person, to be there still."""
    return any(
        s.is_first_person and not (s.is_negated or s.is_weak or s.is_hedged)
        for s in reading.of_sender(Meaning.STILL_HERE)
    )


def is_same_organization(reading: Reading, email: str) -> bool:
    """Tell whether a new address is surely one at the sender's organisation: by its domain, or the text says so."""
    home, domain = domain_of(reading.identity.email or ""), domain_of(email)
    if is_same_or_related_domain(home, domain):
        return True
    words, others = (
        {word for word in re.split(r"[^a-z]+", name.rpartition(".")[0]) if len(word) > _LONG_WORD}
        for name in (home, domain)
    )
    own, lexicons = reading.sources.own, reading.sources.lexicons
    is_alike = any(
        word in other or other in word or word[: _LONG_WORD + 1] == other[: _LONG_WORD + 1]
        for word in words
        for other in others
    )
    if is_alike or own.says("other_place", lexicons):
        return is_alike
    return says_to_stay(reading) or own.says("same_place", lexicons)


def _finds(reading: Reading, kind: str, sentence: Sentence, start: int = 0, end: int | None = None) -> bool:
    """Tell whether one of the word lists of a kind has something in a sentence, or in a part of it."""
    part = sentence.folded[start:end]
    return any(lexicon.within(sentence.folded).finds(kind, part) is not None for lexicon in reading.sources.lexicons)


@lru_cache(maxsize=2)
def captured_title(reading: Reading) -> StatedTitle | None:
    """Return the sender's new title, if a statement gives one."""
    titles = []
    for statement in reading.of_sender(Meaning.NEW_TITLE):
        # Japanese and Chinese leave out the subject where it is the writer; notices do ("Confirmed as Bursar").
        is_notice = reading.is_automatic and not statement.is_weak
        is_writer = statement.who == Who.IMPLICIT and (statement.language in NO_SPACES or is_notice)
        if statement.is_negated or statement.title is None or not (statement.who == Who.SENDER or is_writer):
            continue
        is_unsure = is_writer and statement.language not in NO_SPACES
        given = statement._replace(is_weak=True) if is_unsure else statement
        raw = reading.text_of(statement, statement.title)
        if statement.language not in NO_SPACES:
            raw = _whole_words(reading.sources.own.sentences[statement.sentence].text, statement.title)
        text = clean_title(raw, reading.sources.lexicons, reading.identity)
        before = reading.sources.own.sentences[statement.sentence].folded[: statement.title[0]]
        if any(lexicon.finds("title_past_before", before) for lexicon in reading.sources.lexicons):
            continue  # "You have me as Deputy Director."
        # "I am the new assistant of Ms Lee": somebody else writes.
        if text is not None and _is_in_address(reading, statement, text):
            continue  # "to be found at secretary.lee@…"
        serves = any(has_honorific(name) and reading.identity.is_named_in(name) for _, _, name in person_names(raw))
        if text is not None and not serves:
            organization = _organization_beside(reading, statement)
            if organization is not None and organization in raw:
                text = clean_title(raw[: raw.find(organization)], reading.sources.lexicons, reading.identity) or text
            sentence = reading.sources.own.sentences[statement.sentence]
            end = max(sentence.text.find(text, statement.title[0]), statement.title[0]) + len(text)
            if _finds(reading, "title_left_for", sentence, start=end):
                continue  # "J'ai passé de chargée à directrice."
            text = _whole_title(reading, statement, text)
            titles.append(StatedTitle(text, given, organization))
    return min(
        titles,
        # "4 May to Head of Maps" is longer than the title.
        key=lambda title: (title.statement.is_weak, title.text[:1].isdigit(), title.text[:1].islower()),
        default=None,
    )


def _is_in_address(reading: Reading, statement: Statement, title: str) -> bool:
    """Tell whether what was captured as a title is the beginning of an address."""
    sentence = reading.sources.own.sentences[statement.sentence]
    return _is_in_mailbox(sentence, sentence.text.find(title, statement.start))


def _is_in_mailbox(sentence: Sentence, start: int) -> bool:
    """Tell whether what begins somewhere is a part of an address ("directeur@…")."""
    return any(box.start <= start < box.end for box in sentence.boxes)


def _whole_title(reading: Reading, statement: Statement, title: str) -> str:
    """Return a title with the words beside it that belong to it ("permanent Secretary", "Director, Clinical Services").

    What a pattern took for its own word may be one of the title, and so may what stands behind a comma.
    """
    if statement.title is None:
        return title
    sentence, lexicons = reading.sources.own.sentences[statement.sentence], reading.sources.lexicons
    for start, end in titles_in(sentence.text, lexicons):
        if start < statement.title[1] and statement.title[0] < end:
            whole = clean_title(sentence.text[start:end], lexicons, reading.identity) or ""
            has_more_before = start < statement.title[0] and whole.partition(" ")[2] == title
            if whole[:1].isupper() and (has_more_before or whole.startswith(f"{title}, ")):
                return whole
    return title


def _whole_words(text: str, span: tuple[int, int]) -> str:
    """Return a part of a text, with the rest of the word in which it begins: "a" may be an article or a letter."""
    start, end = span
    while text[start:end][:1].isalnum() and text[max(0, start - 1) : start].isalnum():
        start -= 1
    return text[start:end]


def _organization_beside(reading: Reading, statement: Statement) -> str | None:
    """Return the other organisation that a title is one of ("Superintendent of Harper County Schools").

    What nothing but a capital tells from a unit ("Head of Treasury") is none.
    """
    if statement.title is None:
        return None
    sentence = reading.sources.own.sentences[statement.sentence]
    for name in organizations_in(sentence.text[statement.start :], reading.sources.lexicons):
        is_title = holds_title(name, reading.sources.lexicons)
        if not is_title and not is_own_organization(name, reading.identity):
            return name
    return None


@lru_cache(maxsize=2)
def stated_title(reading: Reading) -> StatedTitle | None:
    """Return the title that is the news, where a message is known to tell of one: whatever words it stands among."""
    title = captured_title(reading) or new_title_by_place(reading) or _signed_title(reading)
    if title is not None:
        return title
    # Where a language has no words that stand before a new title, those before a former one are too few, too.
    is_known = any("title_new_before" in lexicon.words for lexicon in reading.sources.lexicons[:1])
    others = _titles_by_place(reading)[1] if is_known else ()
    return others[0] if len({fold(title.text) for title in others}) == 1 else None


def new_title_by_place(reading: Reading) -> StatedTitle | None:
    """Return the title that stands where a new one does ("to …", "… since May", "… (previously …)")."""
    new = _titles_by_place(reading)[0]
    # "Ada joins as director, and I, after ten years, shall be the curator."
    return next((title for title in new if _is_own(reading, title)), next(iter(new), None))


def _signed_title(reading: Reading) -> StatedTitle | None:
    """Return the title in the signature, where the text points to it ("my signature tells you of my new job")."""
    own = reading.sources.own
    points = (number for number, sentence in enumerate(own.sentences) if _finds(reading, "points_below", sentence))
    number = next(points, None)
    if number is None:
        return None
    lines = (_IN_BRACKETS.sub("", line) for line in own.signature.split("\n"))
    titles = (clean_title(line, reading.sources.lexicons, reading.identity) for line in lines)
    title = next(filter(None, titles), None)
    return StatedTitle(title, _in_passing(reading, Meaning.NEW_TITLE, number)) if title is not None else None


def tells_own_title(reading: Reading) -> bool:
    """Tell whether a first person stands before a title that stands where a new one does ("so I'm the Bursar now")."""
    title = new_title_by_place(reading)
    if title is None or reading.identity.writer is not None:
        return False
    return _is_own(reading, title)


def _is_own(reading: Reading, title: StatedTitle) -> bool:
    """Tell whether a first person stands before a title."""
    sentence = reading.sources.own.sentences[title.statement.sentence]
    return _finds(reading, "first_person", sentence, end=title.statement.start)


@lru_cache(maxsize=2)
def _titles_by_place(reading: Reading) -> tuple[tuple[StatedTitle, ...], tuple[StatedTitle, ...]]:
    """Return the titles that stand where a new one does, and those of which nothing tells what they are.

    One that was held before, or is somebody else's, is none.
    """
    own, lexicons = reading.sources.own, reading.sources.lexicons
    new, others = [], []
    for number, sentence in enumerate(own.sentences):
        if sentence.is_subject or not _finds(reading, "title_noun", sentence):
            continue
        spans = titles_in(sentence.text, lexicons)
        for start, end in spans:
            title = clean_title(sentence.text[start:end], lexicons, reading.identity)
            if title is None or not names_one(title, lexicons):
                continue
            found = sentence.text.find(title, start, end)
            begins, ends = (found, found + len(title)) if found >= 0 else (start, end)
            if (
                _finds(reading, "title_past_before", sentence, end=begins)
                or is_kept(reading, number, begins)
                or _names_holder(reading, sentence, begins, ends)
                or _is_told_of_another(reading, sentence, spans, begins)
                or _is_in_mailbox(sentence, begins)
            ):
                continue
            stated = StatedTitle(title, _in_passing(reading, Meaning.NEW_TITLE, number, begins, ends))
            is_former = _finds(reading, "title_former_before", sentence, end=begins)
            is_since = _finds(reading, "title_new_after", sentence, start=ends)
            if _finds(reading, "title_new_before", sentence, end=begins) or (not is_former and is_since):
                new.append(stated._replace(is_since=is_since))
            elif not (
                is_former
                or _finds(reading, "title_former_after", sentence, start=ends)
                or _is_first_of_nouns(title, sentence.text[ends:])
                or not ends_as_title(title, lexicons)
            ):
                others.append(stated)
    return tuple(new), tuple(others)


def _names_holder(reading: Reading, sentence: Sentence, start: int, end: int) -> bool:
    """Tell whether somebody else's name stands directly before or behind a title, or is a part of it."""
    identity, lexicons = reading.identity, reading.sources.lexicons
    title = sentence.text[start:end]
    first, comma, _ = title.partition(",")
    if comma and is_person_like(first) and not holds_title(first, lexicons):
        return True  # "Ada Blu, Route Director"
    _, _, without = title.partition(" ")
    if has_honorific(title) and not holds_title(without, lexicons):
        return without[:1].isupper() and not identity.is_named_in(without)  # "Dean Lee"
    return any(
        is_person_like(name)
        and not identity.is_named_in(name)
        and not holds_title(name, lexicons)
        and (
            (at >= end and _finds(reading, "before_holder", sentence, end, at))
            or (until <= start and _finds(reading, "behind_holder", sentence, until, start))
            or (start < at < end and title[:1].islower())  # "direttrice Ada Blu"
        )
        for at, until, name in sentence.names
    )


def _is_told_of_another(reading: Reading, sentence: Sentence, titles: Sequence[tuple[int, int]], start: int) -> bool:
    """Tell whether somebody else is named before a title, and no first person ("Bo Ray was named Director")."""
    identity, lexicons = reading.identity, reading.sources.lexicons
    names_another = any(
        end <= start
        and is_person_like(name)
        and not identity.is_named_in(name)
        and not holds_title(name, lexicons)
        and not any(opens <= begins < closes for opens, closes in titles)
        for begins, end, name in sentence.names
    )
    return names_another and not _finds(reading, "first_person", sentence, end=start)


def _is_first_of_nouns(title: str, after: str) -> bool:
    """Tell whether one word is no title but a topic or an address ("Member questions:", "Managers, please note")."""
    return " " not in title and (title.endswith("s") or (after[:1] == " " and after[1:2].islower()))


def title_in_passing(reading: Reading, cue: str | None) -> StatedTitle | None:
    """Return a title that stands beside a word of change, in whatever words.

    ``cue`` names the list of such words; null where what surrounds the title tells enough.

    "Not apprentice, not since Friday. Foreman." Where the text also says that the address stays, the news is the title.
    One that was held before, or is somebody else's, is none.
    """
    own, lexicons = reading.sources.own, reading.sources.lexicons
    changing = {
        number for number, sentence in enumerate(own.sentences) if cue is None or _finds(reading, cue, sentence)
    }
    for number, sentence in enumerate(own.sentences):
        if changing.isdisjoint(range(number - 2, number + 3)) or sentence.is_subject:
            continue
        for start, end in titles_in(sentence.text, lexicons):
            title = clean_title(sentence.text[start:end], lexicons, reading.identity)
            if title is None:
                continue
            found = sentence.text.find(title, start, end)
            after = found + len(title) if found >= 0 else end  # What was cut off ("chair am I still") tells more.
            if (
                _finds(reading, "title_former_before", sentence, end=start)
                or _finds(reading, "title_past_before", sentence, end=start)
                or _finds(reading, "title_former_after", sentence, start=after)
                or _is_of_another(reading, sentence.text, start, end)
                or is_kept(reading, number, start)
                or _is_in_mailbox(sentence, start)
            ):
                continue
            return StatedTitle(title, _in_passing(reading, Meaning.NEW_TITLE, number, start, end))
    return None


def is_kept(reading: Reading, sentence: int, start: int) -> bool:
    """Tell whether what begins somewhere is told of as what the sender still has ("I remain Deputy Director").

    Who gave up something else may have what follows "as" only since then ("I stepped down and stay on as an adviser").
    """
    folded = reading.sources.own.sentences[sentence].folded
    for stays in reading.of_sender(Meaning.STILL_HERE):
        if stays.sentence != sentence or stays.is_negated or start < stays.start:
            continue
        known = lexicon(stays.language)
        if start < stays.end + (2 if known.has_spaces else 0):
            return True
        between = folded[stays.end : start]
        if len(between) < _BESIDE and known.finds("as_title", between) is not None and not gives_up(reading):
            return True
    return False


def gives_up(reading: Reading) -> bool:
    """Tell whether the sender is told to have left something: the house or a post."""
    return any(
        not (s.is_negated or s.who == Who.UNRESOLVED)
        for s in reading.of_sender(*DEPARTED, Meaning.ROLE_ENDED, Meaning.LAST_DAY)
    )


def _is_of_another(reading: Reading, text: str, start: int, end: int) -> bool:
    """Tell whether somebody else is named beside a title: as its holder, or with it as a form of address."""
    identity = reading.identity
    if has_honorific(text[start:end]) and not identity.is_named_in(text[start:end]):
        return True
    if any(
        is_person_like(name) and _held_by().search(fold(text[start:at])) for at, _, name in person_names(text[:end])
    ):
        return True  # "head of sales is Ann Lee"
    if any(is_person_like(name) and start < at for at, _, name in person_names(text[:end]) if at > start + _BESIDE):
        return True  # "the editing is looked after by Ann Lee"
    return any(
        is_person_like(name) and not identity.is_named_in(name)
        for _, name_end, name in names_before(text, start)
        if name_end > start - _BESIDE
    ) or any(
        is_person_like(name) and not identity.is_named_in(name)
        for name_start, _, name in person_names(text[end:])
        if name_start < _BESIDE
    )


@lru_cache(maxsize=1)
def _held_by() -> "re.Pattern[str]":
    """Return the pattern of a verb before whoever holds a post ("is", "remains")."""
    return re.compile(rf" (?:{alternatives(terms('copulas'))}) $")


def captured_organization(reading: Reading, statement: Statement) -> str | None:
    """Return the name of the organisation that a statement captured; null where it captured none."""
    if statement.org is None:
        return None
    return clean_organization(reading.text_of(statement, statement.org), reading.sources.lexicons)


@lru_cache(maxsize=2)
def stated_employer(reading: Reading) -> str | None:
    """Return the organisation for which the sender now works, if it is another one."""
    for statement in reading.of_sender(Meaning.NEW_EMPLOYER):
        if statement.is_negated or statement.who == Who.UNRESOLVED:
            continue
        name = captured_organization(reading, statement)
        if name is not None and not is_own_organization(name, reading.identity):
            return name
    title = captured_title(reading)
    return title.organization if title is not None else None


def title_at_employer(reading: Reading) -> str | None:
    """Return the title at the new employer (``joined Brightwater as a Principal``)."""
    for statement in reading.of_sender(Meaning.NEW_EMPLOYER):
        sentence = reading.sources.own.sentences[statement.sentence]
        before = lexicon(statement.language).finds("as_title", sentence.folded[statement.start :])
        found = _UP_TO_STOP.match(sentence.text, statement.start + before.end()) if before else None
        title = clean_title(found.group(), reading.sources.lexicons, None) if found else None
        if title:
            return title
    return None


def forwarding_address(reading: Reading) -> str | None:
    """Return an address of the sender's own form under another domain that the own words give."""
    for box in find_mailboxes(reading.sources.own.own):
        is_elsewhere = domain_of(box.email) != domain_of(reading.identity.email or "")
        is_own = facts.is_own_address(box.email, reading.identity) or names_match(
            box.email, reading.identity.name or ""
        )
        if is_elsewhere and is_own and not is_role_mailbox(box.email):
            return box.email
    return None
