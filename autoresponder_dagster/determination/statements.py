"""Statements: what each sentence says, and about whom.

Belongs here: matching lexicon entries in sentences and the grammar around a match: its subject, negation,
hedge, condition, and whether it holds only for a time or for a part. Does not belong here: what follows
from several statements together (``verdict.py``).
"""

import re
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from autoresponder_dagster.addresses import domain_of
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.language import count_function_words
from autoresponder_dagster.determination.lexicon import (
    AWAY,
    DEPARTED,
    About,
    Entry,
    Lexicon,
    Meaning,
    alternatives,
    terms,
)
from autoresponder_dagster.determination.own_words import Sentence
from autoresponder_dagster.determination.people import Identity, person_names
from autoresponder_dagster.determination.subjects import (
    Antecedent,
    Predicate,
    Subject,
    Who,
    find_subject,
    first_person,
    last_named,
)

_NEGATABLE = (
    DEPARTED - {Meaning.NOT_RETURNING}
    | AWAY
    | {Meaning.NEW_ADDRESS, Meaning.NEW_TITLE, Meaning.NEW_EMPLOYER, Meaning.RETURNED, Meaning.STILL_HERE}
    | {Meaning.LEAVING}
)
_CONDITIONAL = DEPARTED | {Meaning.LAST_DAY, Meaning.LEAVING, Meaning.NEW_TITLE, Meaning.NEW_EMPLOYER}
"""What is not said where it follows a condition ("if I have left")."""
_TIMED = DEPARTED - {Meaning.DECEASED, Meaning.NOT_RETURNING} | {
    Meaning.UNMONITORED,
    Meaning.NEW_ADDRESS,
    Meaning.ROLE_ENDED,
    Meaning.NEW_EMPLOYER,
    Meaning.SUCCESSOR,
}
"""What may hold only for a time."""
_CLAUSE_END = re.compile(r"[,;:(]| - |、|，|；")
_CLAUSE_START = re.compile(r"[,;:()]| - |、|，|；|。")
_SUFFIXES = ("", *(f"_{letter}" for letter in "bcdefghij"))
_TITLES, _ORGANIZATIONS, NAMES = (tuple(f"{fact}{suffix}" for suffix in _SUFFIXES) for fact in ("title", "org", "name"))
"""The groups of a pattern that capture a fact."""
_ENCLOSED = re.compile(r",[^,]*,")
_OBJECT_REACH = 40
_NAMED_AFTER = re.compile(r" (?:of|for|on) (?:the )?([a-z]+(?: (?:and )?[a-z]+)?)")
"""What a body is called behind its kind ("the Division of Aeronautics")."""
_ASKED = (Meaning.UNSUBSCRIBE, Meaning.NEW_ADDRESS, Meaning.NEW_TITLE)
"""What a question can ask for ("Could you change my address to …?")."""
_LONG_WORD = 5
_SHORT_QUESTION = 3
"""Words of a question that only asks for assent ("has he not?")."""
_NEGATION_REACH = 2
"""Words that may stand between a negation and what it negates."""
_NEGATION_WINDOW = 16
"""Characters before a match in which a negation is looked for."""


class Statement(NamedTuple):
    """One thing that a sentence says."""

    means: Meaning
    who: Who
    entry: str
    language: str
    sentence: int
    start: int
    end: int
    is_weak: bool = False
    is_hedged: bool = False
    is_negated: bool = False
    is_over: bool = False
    """An absence that has ended ("no longer on leave")."""
    is_temporary: bool = False
    is_partial: bool = False
    is_named: bool = False
    """The subject is the sender's own name or a first person, not a pronoun or an inference."""
    is_first_person: bool = False
    title: tuple[int, int] | None = None
    org: tuple[int, int] | None = None
    name: tuple[int, int] | None = None


def span_of(match: "re.Match[str]", *groups: str) -> tuple[int, int] | None:
    """Return where a match captured the first of some groups that captured anything."""
    known = match.re.groupindex
    for group in groups if known else ():
        if group in known and match.group(group) is not None:
            return match.span(group)
    return None


def _clause(folded: str, start: int, end: int) -> str:
    """Return the clause around a span: from the last break before it to the first one after it."""
    before = 0
    for found in _CLAUSE_START.finditer(folded, 0, start):
        before = found.end()
    after = _CLAUSE_END.search(folded, end)
    return folded[before : after.start() if after else len(folded)]


@lru_cache(maxsize=1)
def _second_verb() -> "re.Pattern[str]":
    return re.compile(rf" (?:{alternatives(terms('conjunctions'))}) ")


def _without_second_verb(clause: str, said: str) -> str:
    """Return a clause up to the "and" that follows what is said: a hedge behind it is another verb's."""
    end = clause.find(said) + len(said)
    cut = _second_verb().search(clause, end) if said in clause else None
    return clause[: cut.start()] if cut else clause


def _begins_temporary(text: str, lexicon: Lexicon) -> bool:
    """Tell whether a clause begins with a time ("left the house - for today")."""
    found = lexicon.finds("temporary", text.lstrip())
    return found is not None and found.start() == 0


def _without_beginning(text: str, lexicon: Lexicon) -> str:
    """Blank out since when something holds ("as of this afternoon"): that is no time after which it ends."""
    beginning = lexicon.words.get("beginning")
    return beginning.sub(lambda found: " " * len(found.group()), text) if beginning is not None else text


def _is_hedged(entry: Entry, clause: str, match: "re.Match[str]", lexicon: Lexicon) -> bool:
    """Tell whether a clause makes what it says doubtful; that somebody stays contradicts a rumour told before it."""
    said = _without_second_verb(clause, match.group())
    if entry.means == Meaning.STILL_HERE and match.group() in said:
        said = said[said.find(match.group()) :]
    return lexicon.finds("hedge", said) is not None


def _is_asked(folded: str, end: int, lexicon: Lexicon) -> bool:
    """Tell whether what ends somewhere is asked, not told before a question ("Ann has left, can you fix the list?")."""
    if lexicon.finds("question", folded) is None:
        return False
    comma = folded.rfind(",", end)
    tail = folded[comma + 1 :].strip() if comma >= 0 else ""
    asks = lexicon.finds("question", tail) if len(tail.split()) > _SHORT_QUESTION else None
    is_all = lexicon.finds("question", f"{folded[:end]}?")
    return asks is None or asks.start() > 0 or (is_all is not None and is_all.start() == 0)


def _last_clause(folded: str) -> str:
    """Return what follows the last comma of a text, not counting what two commas enclose."""
    return _CLAUSE_START.split(_ENCLOSED.sub(" ", folded))[-1]


def _is_negated(entry: Entry, sentence: Sentence, match: "re.Match[str]", lexicon: Lexicon) -> bool:
    if entry.means not in _NEGATABLE:
        return False
    captured = span_of(match, *_TITLES, *_ORGANIZATIONS)
    said = sentence.folded[match.start() : captured[0] if captured else match.end()]
    if not entry.holds_negation and lexicon.whole.finds("negation_within", _last_clause(said)):
        return True
    negation = lexicon.words.get("negation")
    if negation is None:
        return False
    last = None
    for found in negation.finditer(sentence.folded, max(0, match.start() - _NEGATION_WINDOW), match.start()):
        last = found
    if last is None:
        return False
    between = sentence.folded[last.end() : match.start()]
    is_another_clause = re.search(r"[,;:.]|--| - ", between) or lexicon.finds("conjunction", between)
    return len(between.split()) <= _NEGATION_REACH and not is_another_clause


def _is_over(folded: str, start: int, end: int, lexicon: Lexicon) -> bool:
    """Tell whether an absence has ended: "no longer on leave", "my leave is over", "back from my leave"."""
    rest = folded[end : end + _OBJECT_REACH]
    cut = _CLAUSE_END.search(rest)
    return (
        lexicon.finds("no_longer", folded[max(0, start - 24) : end]) is not None
        or lexicon.finds("over_before", folded[:start]) is not None
        or lexicon.finds("over", rest[: cut.start()] if cut else rest) is not None
    )


def _has_doubtful_object(entry: Entry, sentence: Sentence, match: "re.Match[str]", identity: Identity) -> bool:
    """Tell whether what was left may be something else than an organisation ("the premises", "Rome").

    It is none without a capital, and a single name is none for sure that is not in the sender's domain.
    """
    span = span_of(match, "org") if entry.means == Meaning.LEFT else None
    if span is None:
        return False
    words = sentence.text[slice(*span)].split()
    capitals = [word for word in words if word[:1].isupper() or word[:1].isdigit()]
    if not words or words[0] not in capitals:
        return True
    if identity.is_named_in(words[0]):
        return False  # "We said farewell to Ann"
    squeezed = "".join(re.findall(r"[a-z0-9]", fold(words[0])))
    return len(capitals) == 1 and squeezed not in re.sub(r"[^a-z0-9]", "", domain_of(identity.email or ""))


def _is_partial(folded: str, lexicon: Lexicon, identity: Identity) -> bool:
    """Tell whether only a body within the organisation was left; not where the sender's domain names that body."""
    body = lexicon.finds("partial", folded)
    if not body:
        return False
    domain = re.sub(r"[^a-z0-9]", "", domain_of(identity.email or ""))
    words = [word.rstrip("s") for word in _words_of(body, folded)]
    last = body.group().rpartition(" ")[2].rstrip("s")
    # A domain may cut the word ("sindicomercio" for a "sindicato").
    return last not in domain and not any(len(word) >= _LONG_WORD and word[:_LONG_WORD] in domain for word in words)


def _is_of_a_unit(folded: str, lexicon: Lexicon, identity: Identity) -> bool:
    """Tell whether only a part of the organisation was left; "the team of" the whole of it is none."""
    unit = lexicon.finds("unit", folded)
    if unit is None:
        return False
    domain = re.sub(r"[^a-z0-9]", "", domain_of(identity.email or "").rpartition(".")[0])
    rest = _CLAUSE_END.split(folded[unit.end() :])[0]
    words = re.findall(r"[a-z0-9]+", f"{unit.group()} {rest}")
    return not any(len(word) >= _LONG_WORD and word in domain for word in words)


def _words_of(body: "re.Match[str]", folded: str) -> list[str]:
    """Return the words of what a body is called, also behind its kind ("the Division of Aeronautics")."""
    of = _NAMED_AFTER.match(folded, body.end())
    return f"{body.group()} {of.group(1) if of else ''}".split()


def _subject(
    predicate: Predicate, about: About, lexicon: Lexicon, identity: Identity, antecedent: Antecedent
) -> Subject:
    """Return whom a match speaks of: the entry may tell, else the grammar of the sentence does."""
    if about == About.FIRST:
        return first_person(is_writer=identity.writer is None)
    if about in (About.SENDER, About.ANY):
        return Subject(Who.SENDER if about == About.SENDER else Who.NOBODY)
    if predicate.means == Meaning.DECEASED and _is_of_the_family(predicate, identity):
        return Subject(Who.SENDER, is_named=True)
    if (
        about == About.NAMED
        and predicate.means == Meaning.NEW_EMPLOYER
        and identity.is_named_in(predicate.sentence.text)
    ):
        return Subject(Who.SENDER, is_named=True)  # The name that follows is the employer's.
    if about == About.NAMED:
        who = last_named(predicate.sentence.text[predicate.start : predicate.end], identity)
        earlier = antecedent() if predicate.means != Meaning.DECEASED else None  # "We lost power" is of nobody.
        if who is not None or earlier is not None or predicate.means == Meaning.DECEASED:
            return Subject(who or earlier or Who.THIRD, is_named=who is not None)
    return find_subject(predicate, lexicon, identity, antecedent)


def _is_of_the_family(predicate: Predicate, identity: Identity) -> bool:
    """Tell whether the sender's family tells of a death, and names nobody else as the dead."""
    told_before = predicate.sentence.text[: predicate.start]
    return identity.is_of_family and last_named(told_before, identity) != Who.THIRD


def _is_excluded(entry: Entry, sentence: Sentence, match: "re.Match[str]", lexicon: Lexicon) -> bool:
    """Tell whether a sentence holds what an entry must not be said with, or tells that nobody follows."""
    return bool(
        (entry.unless is not None and entry.unless.search(sentence.folded))
        or (entry.unless_spelled is not None and entry.unless_spelled.search(sentence.text[slice(*match.span())]))
        or (entry.unless_next is not None and entry.unless_next.match(sentence.folded[match.end() :]))
        or (entry.means == Meaning.SUCCESSOR and lexicon.finds("no_successor", sentence.folded))
    )


def _statement(
    entry: Entry,
    match: "re.Match[str]",
    number: int,
    sentence: Sentence,
    lexicon: Lexicon,
    identity: Identity,
    antecedent: Antecedent,
) -> Statement | None:
    folded = sentence.folded
    start, end = match.span()
    if _is_excluded(entry, sentence, match, lexicon):
        return None
    subject = _subject(Predicate(sentence, start, end, entry.means), entry.about, lexicon, identity, antecedent)
    clause = _clause(folded, start, end)
    if "condition" in lexicon.words and entry.means in _CONDITIONAL:
        lead = clause[: max(0, clause.find(match.group()))] if match.group() in clause else clause
        condition = lexicon.finds("condition", lead)
        if condition is not None:
            return None
    if entry.means not in _ASKED and _is_asked(folded, end, lexicon):
        return None
    temporary = False
    if entry.means in _TIMED and not lexicon.finds("for_good", clause):
        own_start = end if entry.holds_end else start
        after = _without_beginning(" " * (own_start - start) + folded[own_start : end + 70], lexicon)
        # "belongs to a former employee and is kept until 31 July": what is kept is the mailbox.
        cut = (_second_verb() if entry.about == About.SENDER else _CLAUSE_END).search(after, end - start)
        temporary = bool(lexicon.finds("temporary", after[: cut.start()] if cut else after))
        temporary = temporary or bool(cut and _begins_temporary(after[cut.end() :], lexicon))
        if entry.means not in DEPARTED:
            temporary = temporary or bool(lexicon.finds("for_today", after[: cut.start()] if cut else after))
        scope = folded if entry.means == Meaning.NEW_ADDRESS else clause
        temporary = temporary or bool(lexicon.finds("temporary_before", scope))
    return Statement(
        means=entry.means,
        who=subject.who,
        entry=entry.name,
        language=lexicon.language,
        sentence=number,
        start=start,
        end=end,
        is_weak=entry.is_weak
        or _has_doubtful_object(entry, sentence, match, identity)
        # "I take leave on Fridays": who is away now and then is there.
        or ((entry.means in AWAY or temporary) and lexicon.finds("recurring", clause) is not None),
        is_hedged=_is_hedged(entry, clause, match, lexicon)
        or (entry.means in DEPARTED and bool(lexicon.finds("hearsay", folded[:start])))
        # Who left "the grants team" may be in another one now.
        or (entry.means == Meaning.LEFT and _is_of_a_unit(folded[start : end + _OBJECT_REACH], lexicon, identity)),
        is_negated=_is_negated(entry, sentence, match, lexicon),
        is_over=entry.means in AWAY and _is_over(folded, start, end, lexicon),
        is_temporary=temporary,
        is_partial=entry.means in DEPARTED and _is_partial(folded[start : end + 60], lexicon, identity),
        is_named=subject.is_named,
        is_first_person=subject.is_first_person,
        title=span_of(match, *_TITLES),
        org=span_of(match, *_ORGANIZATIONS),
        name=span_of(match, *NAMES),
    )


def find_aliases(sentences: Sequence[Sentence], lexicons: Sequence[Lexicon]) -> list[str]:
    """Return the names under which the text itself speaks of the mailbox's owner."""
    names: list[str] = []
    for sentence in sentences:
        for lexicon in lexicons:
            first = {
                entry.name: match
                for entry, match in reversed(lexicon.matches(sentence.folded))
                if entry.means == Meaning.ACCOUNT_OF
            }
            for match in reversed(first.values()):
                span = span_of(match, "name", "name_b")
                if span:
                    names.extend(name for _, _, name in person_names(sentence.text[span[0] : span[1]]))
    return names


def find_statements(sentences: Sequence[Sentence], lexicons: Sequence[Lexicon], identity: Identity) -> list[Statement]:
    """Return what the sentences say, in order. Pronouns refer to the last person that was named."""
    statements: list[Statement] = []
    for number, sentence in enumerate(sentences):
        antecedent = partial(_last_named_before, number, sentences, identity)
        for lexicon in _spoken(sentence, lexicons):
            for entry, match in lexicon.matches(sentence.folded):
                near = lexicon.within(sentence.folded)
                statement = _statement(entry, match, number, sentence, near, identity, antecedent)
                if statement is not None:
                    statements.append(statement)
    return statements


def _spoken(sentence: Sentence, lexicons: Sequence[Lexicon]) -> list[Lexicon]:
    """Return the languages in which a sentence can be: the text's first, and those of which it has as many words."""
    if len(lexicons) < len(("one", "another")) or not all(lexicon.has_spaces for lexicon in lexicons):
        return list(lexicons)
    counts = count_function_words(sentence.folded, [lexicon.language for lexicon in lexicons])
    return [lexicon for lexicon, count in zip(lexicons, counts, strict=True) if count >= counts[0]]


def _last_named_before(number: int, sentences: Sequence[Sentence], identity: Identity) -> Who | None:
    named = (last_named(sentence.text, identity) for sentence in reversed(sentences[:number]))
    return next((who for who in named if who is not None), None)
