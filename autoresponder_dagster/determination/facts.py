"""Facts: the addresses and dates that belong to a statement.

Belongs here: choosing among the addresses and dates of a text by the sentence they stand in. Does not
belong here: recognising them (``mailboxes.py``, ``dates.py``), and people to turn to (``contacts.py``).
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from autoresponder_dagster.addresses import domain_of, is_role_mailbox
from autoresponder_dagster.determination.asian_names import is_asian, shares_initial
from autoresponder_dagster.determination.dates import (
    FUTURE,
    PAST,
    Recurrence,
    StatedDate,
    dates_in,
    end_of_whole_month,
    first_after,
)
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import NO_SPACES, Lexicon, Trait, terms
from autoresponder_dagster.determination.mailboxes import (
    Mailbox,
    find_mailboxes,
    local_part,
    names_match,
    shape,
)
from autoresponder_dagster.determination.own_words import OwnWords, Sentence
from autoresponder_dagster.determination.people import Identity, is_person_like, name_tokens, person_names
from autoresponder_dagster.determination.statements import Statement

LONGEST_ABSENCE = timedelta(days=800)
CUE_REACH, UNTIL_REACH, START_REACH, NEAR_CUE = 60, 32, 14, 25
"""Characters within which a word before a date says what the date is."""
CUE_REACH_AFTER, UNTIL_REACH_AFTER = 40, 14
_BEHIND = {"return_cue": "return_follows"}
"""The words that say the same behind a date, where the verb is not last."""
FAR_CUE = 40
BEHIND = 2
"""A word before a date counts as nearer than one as near behind it."""
ADDRESS_REACH = 60
_NEWS = timedelta(days=200)
_PREPOSITION = len("den ")
LONGEST_BARE_DAY, LONGEST_REMARK = 60, 4
"""How many characters a sentence has at most that is nothing but a day, and how many words a remark behind the day."""
_FRIDAY = 4
_ROUGHLY = timedelta(days=10)
_TO_FRIDAY = timedelta(days=4)
OWN, RENAMED, SIGNED, LIKELY, UNSURE = 0.95, 0.90, 0.85, 0.75, 0.60
"""How surely a new address is the sender's own: by the name, a new name, the signature, its form, its place."""
_LONG_WORD = 4
_WORD_OF_ADDRESS = re.compile(r"[a-z]+")
_CLAUSE, _PHRASE = re.compile(";"), re.compile("[;,]")
"""What parts clauses, and phrases. In Chinese and Japanese commas part clauses; elsewhere they stand within dates."""
_YEAR = re.compile(r"\b(?:19[5-9]|20[0-9])\d\b")


@dataclass(eq=False)
class Sources:
    """What facts are read from: one message's own words, its sender and its day."""

    own: OwnWords
    identity: Identity
    lexicons: tuple[Lexicon, ...]
    today: date | None
    month_first: bool | None
    vcard: str = ""
    _dates: dict[tuple[str, int], tuple[StatedDate, ...]] = field(default_factory=dict, init=False, repr=False)
    """What was read already: it is asked for again."""

    def dates(self, sentence: Sentence, direction: int) -> tuple[StatedDate, ...]:
        """Return the dates of a sentence; ``direction`` is where one without a year is looked for."""
        known = self._dates.get((sentence.folded, direction))
        if known is None:
            languages = tuple(lexicon.language for lexicon in self.lexicons)
            known = dates_in(sentence.folded, self.today, direction, month_first=self.month_first, languages=languages)
            self._dates[sentence.folded, direction] = known
        return known


# ---- addresses ------------------------------------------------------------------------------------


def is_own_address(email: str, identity: Identity) -> bool:
    """Tell whether an address is of the form of the sender's own name."""
    local = fold(local_part(email))
    if local == identity.local_part and not is_role_mailbox(email):
        return True
    if _is_relatives(local, identity):
        return False
    if identity.name and not is_asian(identity.name) and names_match(email, identity.name):
        return True  # Of a Chinese or Japanese name only the surname can be compared, which others share.
    if is_asian(identity.name or "") and shares_initial(local, identity.local_part, identity.name or ""):
        return True
    squeezed = re.sub(r"[^a-z]", "", local)
    if any(len(token) >= _LONG_WORD and token in squeezed for token in identity.tokens | identity.aliases):
        return True
    return any(len(word) >= _LONG_WORD and word in identity.local_part for word in re.split(r"[^a-z]+", local))


def _is_relatives(local: str, identity: Identity) -> bool:
    """Tell whether a mailbox name holds the sender's surname and the given name of somebody else."""
    words = _WORD_OF_ADDRESS.findall(local)
    if len(words) != len(("given", "surname")) or is_asian(identity.name or ""):
        return False
    given = name_tokens(" ".join((identity.name or "").split()[:-1]))
    surnames = name_tokens((identity.name or "").rpartition(" ")[2])
    initials = {token[0] for token in given}
    is_another = words[0] not in given | identity.aliases and words[0][0] not in initials
    return bool(given) and words[1] in surnames - given and is_another


def other_own_address(sources: Sources, *, at_home: bool) -> str | None:
    """Return an address of the sender's own form in the own words that is not the one the message comes from.

    ``at_home`` asks for one under the sender's own domain.
    """
    home = domain_of(sources.identity.email or "")
    for sentence in sources.own.sentences:
        for box in sentence.boxes:
            is_other = box.email != sources.identity.email and not is_role_mailbox(box.email)
            if (
                is_other
                and is_own_address(box.email, sources.identity)
                and (not at_home or domain_of(box.email) == home)
            ):
                return box.email
    return None


def new_address(sources: Sources, statement: Statement) -> tuple[str | None, float]:
    """Return the address that a "new address" statement gives and how surely it is the sender's own.

    Looks in the statement's sentence, then in those around it, then in the signature and an attached card.
    """
    sentences = sources.own.sentences
    for offset in (0, 1, 2, -1, 3):
        number = statement.sentence + offset
        if 0 <= number < len(sentences) and not (offset and sentences[number].is_subject):
            chosen = _best_address(sources, sentences[number], statement if offset == 0 else None)
            if chosen is not None:
                return chosen
    for block in (sources.own.signature, sources.vcard):
        for box in find_mailboxes(block):
            is_new = box.email != sources.identity.email and not is_role_mailbox(box.email)
            if is_new and is_own_address(box.email, sources.identity):
                return box.email, SIGNED
    return None, 0.0


def _best_address(sources: Sources, sentence: Sentence, statement: Statement | None) -> tuple[str, float] | None:
    boxes = [box for box in sentence.boxes if box.email != sources.identity.email and not is_role_mailbox(box.email)]
    own = [box for box in boxes if is_own_address(box.email, sources.identity)]
    if own:
        after = [box for box in own if statement is None or box.start >= statement.start]
        return (after or own)[0].email, OWN
    for box in boxes:
        if _is_renamed_sender(box, sources):
            return box.email, RENAMED
        if _belongs_to_another(box, sentence, sources.identity):
            continue
        if statement is not None and statement.is_first_person and statement.start <= box.start < statement.end:
            return box.email, SIGNED  # "My new address is …" holds the address.
        if is_asian(sources.identity.name or "") and names_match(box.email, sources.identity.name or ""):
            return box.email, SIGNED  # The surname fits, and nobody else who has it is named.
        if statement is not None and statement.start <= box.start < statement.end + ADDRESS_REACH:
            form = shape(box.email)
            is_alike = form != "other" and form == shape(sources.identity.email or "")
            return box.email, LIKELY if is_alike and statement.is_first_person else UNSURE
    return _role_stated_as_own(sources, sentence, statement)


def _role_stated_as_own(sources: Sources, sentence: Sentence, statement: Statement | None) -> tuple[str, float] | None:
    """Return a role mailbox that the statement itself calls the new address: said plainly, but fit for no record."""
    if statement is None or statement.is_weak:
        return None
    for box in sentence.boxes:
        is_stated = statement.start <= box.start < statement.end + ADDRESS_REACH
        if is_stated and is_role_mailbox(box.email) and box.email != sources.identity.email:
            return box.email, SIGNED
    return None


def _is_renamed_sender(box: Mailbox, sources: Sources) -> bool:
    """Tell whether the text names somebody of the sender's first name whom an address fits (a new surname)."""
    names = [name for text in (sources.own.own, sources.own.signature) for _, _, name in person_names(text)]
    return any(names_match(box.email, name) and sources.identity.is_named_in(name) for name in names)


def _belongs_to_another(box: Mailbox, sentence: Sentence, identity: Identity) -> bool:
    """Tell whether somebody else is named before an address, or fits it."""
    for _, end, name in sentence.names:
        is_near = end <= box.start < end + ADDRESS_REACH and is_person_like(name)
        if not identity.is_named_in(name) and (is_near or names_match(box.email, name)):
            return True
    return False


# ---- dates ----------------------------------------------------------------------------------------


class ReturnDate(NamedTuple):
    """When somebody is back; null where it is not told. ``is_certain`` is false where a weekday contradicts."""

    value: date | None = None
    is_certain: bool = True


class _Candidate(NamedTuple):
    sentence: int
    distance: int
    stated: StatedDate


def return_date(sources: Sources, sentences: Collection[int], *, is_away: bool = False) -> ReturnDate:
    """Return when the sender is back, where some sentences say that the sender is away.

    A date by a word of return wins, wherever it stands; else the end of the absence in those sentences
    (a range ends at its end). ``is_away`` says that the message is known to tell of an absence: then a sentence
    that is nothing but a day tells of the return ("Tuesday."), and an end in a sentence of no other matter counts.
    """
    back, ends = _days_of_return(sources)
    if is_away:
        back, ends = ([one for one in found if not _begins_today(one, sources)] for found in (back, ends))
    if back:
        stated = min(back, key=lambda found: _rank(found, sources.today)).stated
        return ReturnDate(stated.value, stated.is_certain)
    if is_away and (bare := _bare_day(sources, ends)) is not None:
        return ReturnDate(bare.value, bare.is_certain)
    until = [found for found in ends if found.sentence in sentences] or _first_persons(ends, sources)
    if is_away and not until:
        until = [found for found in ends if not _is_other_matter(sources.own.sentences[found.sentence], sources)]
    if until:
        nearest = min(until, key=lambda found: (found.stated.is_relative, found.distance))
        if nearest.stated.is_duration:
            nearest = next((found for found in ends if _confirms(found.stated, nearest.stated)), nearest)
        dates = [found.stated for found in until if found.sentence == nearest.sentence] or [nearest.stated]
        stated = max(dates, key=lambda found: found.value or date.min)
        return ReturnDate(stated.value, stated.is_certain)
    folded = (sources.own.sentences[number].folded for number in (sentences if is_away else ()))
    return ReturnDate(next((day for one in folded if (day := end_of_whole_month(one, sources.today))), None))


def return_in_subject(sources: Sources, subject: str) -> ReturnDate:
    """Return when the sender is back by what follows "Out of office" in the subject line."""
    line = Sentence(subject, fold(subject), -1, is_subject=True)
    return return_date(replace(sources, own=sources.own._replace(sentences=(line,))), [0])


def _bare_day(sources: Sources, ends: Sequence[_Candidate]) -> StatedDate | None:
    """Return the day that a sentence consists of, behind the end told before it ("Away until Sunday. Tuesday.")."""
    for number, sentence in enumerate(sources.own.sentences):
        dates = sources.dates(sentence, FUTURE) if len(sentence.folded) <= LONGEST_BARE_DAY else ()
        if sentence.is_subject or len(dates) != 1 or dates[0].is_range or dates[0].is_duration:
            continue
        (stated,) = dates
        is_bare = _is_nothing_else(sentence.folded[: stated.start], sentence.folded[stated.end :], sources)
        is_ahead = _can_be_return(stated, sources.today) and stated.value != sources.today
        if not (is_bare and is_ahead) or _is_other_matter(sentence, sources):
            continue
        earlier = [found for found in ends if found.sentence < number]
        stated = _behind_end(stated, earlier)
        last = max((found.stated.value for found in earlier if found.stated.value), default=None)
        if stated.value is not None and (last is None or stated.value > last):
            return stated
    return None


def _is_nothing_else(before: str, after: str, sources: Sources) -> bool:
    """Tell whether words around a day say no more of it than that it is the one ("so", "on", "home")."""
    words = {word for lexicon in sources.lexicons for word in lexicon.terms.get("before_bare_day", ())}
    follows = after.split()
    is_end = not follows or (after.isascii() and len(follows) == 1) or after.lstrip()[0] in ".!,:;-)"
    return is_end and len(follows) <= LONGEST_REMARK and all(word.strip(",:;-") in words for word in before.split())


def _begins_today(found: _Candidate, sources: Sources) -> bool:
    """Tell whether a day is today, from which on somebody is away."""
    if found.stated.value != sources.today:
        return False
    return _distance(sources.own.sentences[found.sentence], found.stated, "start_cue", sources, START_REACH) is not None


def _is_other_matter(sentence: Sentence, sources: Sources) -> bool:
    """Tell whether a sentence speaks of what ends without anybody's absence ("tickets are on sale until Friday")."""
    return any(lexicon.finds("other_matter", sentence.folded) for lexicon in sources.lexicons)


def _first_persons(ends: Iterable[_Candidate], sources: Sources) -> list[_Candidate]:
    """Return the ends in what the writers say of themselves: of an absence, where nothing else is told.

    A verb without its pronoun is no sure word of theirs (Italian "sono").
    """
    own = sources.own.sentences
    return [
        found
        for found in ends
        if any(
            lexicon.finds("first_person", own[found.sentence].folded)
            for lexicon in sources.lexicons
            if Trait.PRO_DROP not in lexicon.traits
        )
    ]


def _confirms(stated: StatedDate, duration: StatedDate) -> bool:
    """Tell whether a calendar day is the one that a length of time tells roughly ("for six months, until 15 March")."""
    if stated.value is None or duration.value is None or stated.is_relative:
        return False
    return abs(stated.value - duration.value) < _ROUGHLY


def _rank(found: _Candidate, today: date | None) -> tuple[bool, bool, bool, int]:
    """Return what makes a day of return the likelier one: a near word, a calendar day, a day ahead."""
    return found.distance > FAR_CUE, found.stated.is_relative, found.stated.value == today, found.distance


@lru_cache(maxsize=2)
def _days_of_return(sources: Sources) -> tuple[list[_Candidate], list[_Candidate]]:
    """Return the dates by a word of return, and those at which something ends."""
    back: list[_Candidate] = []
    until: list[_Candidate] = []
    for number, sentence in enumerate(sources.own.sentences):
        is_unknown = any(lexicon.finds("unknown_return", sentence.folded) for lexicon in sources.lexicons)
        for stated in () if is_unknown else sources.dates(sentence, FUTURE):
            if not _can_be_return(stated, sources.today):
                continue
            returns = _distance(sentence, stated, "return_cue", sources, CUE_REACH)
            ends = (
                0
                if stated.is_range or stated.is_duration
                else _distance(sentence, stated, "until_cue", sources, UNTIL_REACH)
            )
            if returns is None and ends is None and _is_week_of(sentence, stated):
                friday = stated._replace(value=stated.value + _TO_FRIDAY, is_range=True) if stated.value else stated
                until.append(_Candidate(number, UNTIL_REACH, friday))
            elif stated.recurs == Recurrence.DAILY:
                # "The next day" is one of return where it follows an end, and nothing at all where no day is told.
                if until or stated.start > sources.dates(sentence, FUTURE)[0].start:
                    back.append(_Candidate(number, returns or NEAR_CUE, _behind_end(stated, until)))
            elif ends is not None and (returns is None or ends <= returns):
                until.append(_Candidate(number, ends, stated))
            elif returns is None and _is_next_working_day(stated, until, sentence, sources):
                back.append(_Candidate(number, CUE_REACH, stated))
            elif (
                returns is not None
                and not _is_beginning(sentence, stated, returns, sources)
                and not _speaks_of_another(sentence, sources)
            ):
                back.append(_Candidate(number, returns, _behind_end(stated, until)))
    return back, until


def _is_week_of(sentence: Sentence, stated: StatedDate) -> bool:
    """Tell whether a date stands for its week ("out the week of 5 October")."""
    return sentence.folded[: stated.start].rstrip().removesuffix(" the").endswith(tuple(terms("week_of")))


def _is_next_working_day(stated: StatedDate, until: Sequence[_Candidate], sentence: Sentence, sources: Sources) -> bool:
    """Tell whether something begins on the working day after the end told before.

    "Away until Friday the 2nd, from Monday the 5th in Cracow."
    """
    end = until[-1].stated.value if until else None
    if end is None or stated.value is None or stated.is_relative or until[-1].stated.is_relative:
        return False
    between = (end + timedelta(days=days) for days in range(1, (stated.value - end).days))
    is_next = stated.value > end and all(day.weekday() > _FRIDAY for day in between)
    if not (is_next and stated.value.weekday() <= _FRIDAY and _is_last(stated, sentence, sources)):
        return False
    return stated.start <= _PREPOSITION or _distance(sentence, stated, "start_cue", sources, START_REACH) is not None


def _speaks_of_another(sentence: Sentence, sources: Sources) -> bool:
    """Tell whether a sentence begins with somebody else's name ("Ann Lee is back on Monday")."""
    found = next(((end, name) for start, end, name in person_names(sentence.text) if start == 0 and " " in name), None)
    if found is None or any(stated.start < found[0] for stated in sources.dates(sentence, FUTURE)):
        return False  # "Away Thu-Sun" is nobody's name.
    name = found[1]
    if sources.identity.name is None or sources.identity.is_named_in(name):
        return False
    # "Back Mon." is nobody's name.
    return not any(
        lexicon.finds("first_person", sentence.folded) or lexicon.finds("return_cue", fold(name))
        for lexicon in sources.lexicons
    )


def _behind_end(stated: StatedDate, until: Sequence[_Candidate]) -> StatedDate:
    """Return a day of return behind the end told before it ("until the 15th, open again on the Monday")."""
    end = until[-1].stated if until else None
    if end is None or end.value is None or end.is_duration:
        return stated
    return stated._replace(value=first_after(stated, end.value))


def returns_later(sources: Sources, number: int) -> bool:
    """Tell whether the day to which a word of return stands nearest in a sentence is still to come."""
    back, _ = _days_of_return(sources)
    days = [found for found in back if found.sentence == number]
    nearest = min(days, key=lambda found: found.distance, default=None)
    return nearest is not None and nearest.stated.value != sources.today


def has_end(sources: Sources, number: int) -> bool:
    """Tell whether a sentence states a day that is still to come."""
    dates = sources.dates(sources.own.sentences[number], FUTURE)
    return any(_can_be_return(stated, sources.today) for stated in dates)


def effective_date(
    sources: Sources,
    statement: Statement,
    direction: int = PAST,
    rivals: Collection[Statement] = (),
    *,
    unlike: str = "",
) -> date | None:
    """Return the date since when a statement holds: the nearest one in its sentence that is not nearer to a rival.

    ``unlike`` names words by which a date is that of something else ("the old one stops on 1 May").
    """
    sentence = sources.own.sentences[statement.sentence]
    dates = [
        stated
        for stated in sources.dates(sentence, direction)
        if all(_gap(stated, statement) <= _gap(stated, rival) for rival in rivals)
        and not (unlike and _stands_behind(unlike, sentence, stated, sources))
    ]
    nearest = min(dates, key=lambda stated: _gap(stated, statement), default=None)
    return nearest.value if nearest is not None else None


def only_past_day(sources: Sources) -> date | None:
    """Return the one calendar day of the last months that the own words state, if it is the only one.

    A sentence that tells when somebody is back ("Monday the 21st") says nothing of a day that is past.
    """
    today = sources.today
    if today is None:
        return None
    returns = {candidate.sentence for candidates in _days_of_return(sources) for candidate in candidates}
    days = {
        stated.value
        for number, sentence in enumerate(sources.own.sentences)
        if number not in returns
        and not any(
            lexicon.within(sentence.folded).finds("end_of_address", sentence.folded) for lexicon in sources.lexicons
        )
        for stated in sources.dates(sentence, PAST)
        if stated.value is not None and not stated.is_relative and today - _NEWS < stated.value <= today
    }
    return days.pop() if len(days) == 1 else None


def only_day_ahead(sources: Sources) -> date | None:
    """Return the one calendar day to come that the own words state, if it is the only one and of no other matter."""
    today = sources.today
    if today is None:
        return None
    days = {
        stated.value
        for sentence in sources.own.sentences
        if not _is_other_matter(sentence, sources)
        for stated in sources.dates(sentence, FUTURE)
        if stated.value is not None and not stated.is_relative and today < stated.value < today + LONGEST_ABSENCE
    }
    return days.pop() if len(days) == 1 else None


def from_today(sources: Sources) -> date | None:
    """Return today where the own words say that something holds from today on ("with immediate effect")."""
    return sources.today if sources.own.says("from_today", sources.lexicons) else None


def _stands_behind(kind: str, sentence: Sentence, stated: StatedDate, sources: Sources) -> bool:
    """Tell whether words of a list stand before a date in its clause."""
    clause = _PHRASE.split(sentence.folded[max(0, stated.start - CUE_REACH) : stated.start])[-1]
    return any(lexicon.finds(kind, clause) for lexicon in sources.lexicons)


def _gap(stated: StatedDate, statement: Statement) -> int:
    return max(statement.start - stated.end, stated.start - statement.end, 0)


def is_long_ago(sources: Sources, statement: Statement) -> bool:
    """Tell whether the sentence of a statement names a year that is over for more than a year ("in 1998")."""
    years = [int(year) for year in _YEAR.findall(sources.own.sentences[statement.sentence].folded)]
    return bool(years) and sources.today is not None and max(years) < sources.today.year - 1


def _can_be_return(stated: StatedDate, today: date | None) -> bool:
    return stated.value is not None and (today is None or today <= stated.value <= today + LONGEST_ABSENCE)


def _is_beginning(sentence: Sentence, stated: StatedDate, returns: int, sources: Sources) -> bool:
    """Tell whether a date is the beginning of an absence: a word of beginning is nearer, and another date follows."""
    begins = _distance(sentence, stated, "start_cue", sources, START_REACH)
    if begins is None or begins >= returns or returns <= NEAR_CUE:
        return False
    dates = sources.dates(sentence, FUTURE)
    return any(other.start > stated.end for other in dates)


def _distance(sentence: Sentence, stated: StatedDate, cue: str, sources: Sources, reach: int) -> int | None:
    """Return the distance from the nearest cue to a date, or null."""
    before = sentence.folded[max(0, stated.start - reach) : stated.start]
    after = sentence.folded[stated.end : stated.end + (UNTIL_REACH_AFTER if cue == "until_cue" else CUE_REACH_AFTER)]
    distances: list[int] = []
    for lexicon in sources.lexicons:
        words = lexicon.within(sentence.folded).words
        pattern = words.get(cue)
        if pattern is not None:
            clause = (_PHRASE if lexicon.language in NO_SPACES else _CLAUSE).split(before)[-1]
            distances.extend(len(clause) - found.end() for found in pattern.finditer(clause))
        is_verb_last = Trait.VERB_LAST in lexicon.traits
        behind = pattern if is_verb_last else words.get(_BEHIND.get(cue, ""))
        follows = behind.search(after) if behind is not None else None
        if follows is not None and (is_verb_last or _is_last(stated, sentence, sources)):
            distances.append(follows.start() + BEHIND)
    return min(distances, default=None)


def _is_last(stated: StatedDate, sentence: Sentence, sources: Sources) -> bool:
    """Tell whether no other date follows in a sentence, to which the words between may belong; a bracket is none."""
    return all(
        other.start <= stated.start or sentence.folded[: other.start].endswith("(")
        for other in sources.dates(sentence, FUTURE)
    )
