r"""The lexicons: what the engine knows of each language, read from ``lexicons/<language>.yaml``.

Belongs here: reading, checking and compiling the data files. Does not belong here: how their entries are
combined. To teach the engine a phrase, add an entry to a file: a name, what it means, a pattern, and
sentences that it must and must not match (the tests run them).

Patterns are written in the language's own spelling and matched on folded text (lower-case, without
accents), with ``\\b`` and ``\\w`` meaning ASCII. They use no lookaround and no backreference, so that
any engine with RE2's syntax gives the same matches in linear time. ``{name}`` inserts a macro.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.prefilter import Prefilter, first_matches
from autoresponder_dagster.errors import ConfigurationError

LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "sv", "ja", "zh")
NO_SPACES = ("ja", "zh")
"""Languages written without spaces between words."""


_MATCHES_PER_ENTRY = 3
_REMEMBERED = 8_192
"""Sentences that are remembered."""


class Meaning(StrEnum):
    """What a sentence can say."""

    LEFT = "left"
    RETIRED = "retired"
    DECEASED = "deceased"
    POSITION_ELIMINATED = "position_eliminated"
    NOT_RETURNING = "not_returning"
    """Will not come back from an absence, of which the same sentence may tell."""
    NEW_EMPLOYER = "new_employer"
    LAST_DAY = "last_day"
    LEAVING = "leaving"
    ROLE_ENDED = "role_ended"
    ABSENT = "absent"
    EXTENDED_LEAVE = "extended_leave"
    OFFICE_CLOSED = "office_closed"
    RETURNED = "returned"
    STILL_HERE = "still_here"
    WILL_REPLY = "will_reply"
    RECEIVED = "received"
    NEW_ADDRESS = "new_address"
    ADDRESS_UNCHANGED = "address_unchanged"
    OLD_ADDRESS_ENDS = "old_address_ends"
    ORGANIZATION_RENAMED = "organization_renamed"
    NAME_CHANGED = "name_changed"
    NEW_TITLE = "new_title"
    SUCCESSOR = "successor"
    CONTACT = "contact"
    ROUTED = "routed"
    UNMONITORED = "unmonitored"
    UNSUBSCRIBE = "unsubscribe"
    ACCOUNT_OF = "account_of"
    SPAM = "spam"


DEPARTED = frozenset(
    {
        Meaning.LEFT,
        Meaning.RETIRED,
        Meaning.DECEASED,
        Meaning.POSITION_ELIMINATED,
        Meaning.NOT_RETURNING,
    }
)
AWAY = frozenset({Meaning.ABSENT, Meaning.EXTENDED_LEAVE, Meaning.OFFICE_CLOSED})


class About(StrEnum):
    """Whom an entry speaks of."""

    FIRST = "first"
    """The verb form itself is first person."""
    SUBJECT = "subject"
    """Whoever the sentence's subject is."""
    SENDER = "sender"
    """Always the owner of the mailbox ("the person you are trying to reach has left")."""
    NAMED = "named"
    """Whoever the match names as its object ("we said farewell to Ann Lee"); else the person named last."""
    ANY = "any"
    """Nobody in particular (the mailbox, the message, the organisation)."""


class Trait(StrEnum):
    """What the grammar of a language can be like."""

    PRO_DROP = "pro_drop"
    """A verb needs no written subject ("Trabajo aquí")."""
    VERB_LAST = "verb_last"
    """The word that says what a date is may follow it."""
    CAPITAL_TITLES = "capital_titles"
    """A title begins with a capital."""
    ARTICLE_BEFORE_NAMES = "article_before_names"
    """An article may stand before somebody's given name ("a Carla")."""
    DECLINED_NAMES = "declined_names"
    """Names have endings like other nouns ("do Anny Lis")."""


@dataclass(frozen=True)
class Entry:
    """One phrase of a lexicon."""

    name: str
    means: Meaning
    pattern: "re.Pattern[str]"
    about: About
    is_weak: bool
    unless: "re.Pattern[str] | None"
    unless_next: "re.Pattern[str] | None"
    unless_spelled: "re.Pattern[str] | None"
    """What the matched words are not, with their accents ("dejo" is no "dejó")."""
    match: tuple[str, ...]
    no_match: tuple[str, ...]
    holds_negation: bool = False
    """Whether a negation is part of what the pattern asks for ("nicht mehr tätig")."""
    holds_end: bool = False
    """Whether the end of a time is ("was with us until May")."""


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Everything the engine knows of one language."""

    language: str
    entries: tuple[Entry, ...]
    function_words: frozenset[str]
    letters: str
    """Letters and signs that hardly any other of the languages has."""
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    numbers: Mapping[str, int]
    subject_prefixes: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, int] = field(default_factory=dict)
    """Words for small numbers ("two", "a couple of")."""
    durations: Mapping[str, int] = field(default_factory=dict)
    """Words for a length of time, with its days; 30 stand for a month."""
    duration_before: str = ""
    """Pattern of the words after which a length of time is the one until something ends ("for")."""
    ahead_before: str = ""
    """Pattern of the words after which it is the time until something happens ("in")."""
    ahead_after: str = ""
    """Pattern of the words behind a length of time that say the same ("from today")."""
    month_end_before: str = ""
    """Pattern of what stands before a month or period whose last day is meant ("the end of September")."""
    periods: Mapping[str, str] = field(default_factory=dict)
    """Words for this ``week``, ``month`` or ``year`` where its end is told ("the end of the month")."""
    holidays: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Holidays by name: month and day, or month, day and weekday for the first such weekday from that day on."""
    week_words: tuple[str, ...] = ()
    """Words before the number of a week in the calendar ("KW 42")."""
    words: Mapping[str, "re.Pattern[str]"] = field(default_factory=dict)
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lists of plain words, folded (``articles``, ``today``, …): most are read of all languages at once."""
    traits: frozenset[str] = frozenset()
    """What the grammar of the language is like (``Trait``)."""
    _whole: "Lexicon | None" = field(default=None, repr=False)

    def finds(self, kind: str, text: str) -> "re.Match[str] | None":
        """Search folded text for one of the word lists of the language (``negation``, ``closing``, …)."""
        pattern = self.words.get(kind)
        return pattern.search(text) if pattern is not None else None

    def matches(self, folded: str) -> tuple[tuple[Entry, "re.Match[str]"], ...]:
        """Return the entries in a folded sentence, with their places."""
        return _read_sentence(self.whole, folded)[0]

    def within(self, folded: str) -> "Lexicon":
        """Return the lexicon for a folded sentence and its parts: without the word lists of which they hold nothing.

        So most of them need not be searched for. Where a word list that is missing means something, in languages
        written without spaces, all are kept.
        """
        return _read_sentence(self.whole, folded)[1] if self.has_spaces else self

    @property
    def whole(self) -> "Lexicon":
        """The lexicon with all its word lists."""
        return self._whole or self

    def candidates(self, folded: str) -> list[Entry]:
        """Return the entries that can match a folded text, in order; the others need not be tried."""
        numbers = _prefilter_of(self.whole).candidates(folded)
        return [self.entries[number] for number in numbers if number < len(self.entries)]

    @property
    def has_spaces(self) -> bool:
        """Whether words are separated by spaces."""
        return self.language not in NO_SPACES


@lru_cache(maxsize=_REMEMBERED)
def _read_sentence(whole: Lexicon, folded: str) -> tuple[tuple[tuple[Entry, "re.Match[str]"], ...], Lexicon]:
    """Return the entries in a sentence, and the lexicon for it (``Lexicon.matches`` and ``within``).

    Remembered: a sentence is asked for again, and many messages say the same.
    """
    matches: list[tuple[Entry, re.Match[str]]] = []
    words: dict[str, re.Pattern[str]] = {}
    kinds = tuple(whole.words)
    for number, alternatives in _prefilter_of(whole).possible(folded).items():
        if number < len(whole.entries):
            entry = whole.entries[number]
            matches += [(entry, found) for found in first_matches(alternatives, folded, _MATCHES_PER_ENTRY)]
        else:
            kind = kinds[number - len(whole.entries)]
            words[kind] = whole.words[kind]
    return tuple(matches), replace(whole, words=words, _whole=whole)


@lru_cache(maxsize=len(LANGUAGES))
def _prefilter_of(whole: Lexicon) -> Prefilter:
    patterns = [*(entry.pattern for entry in whole.entries), *whole.words.values()]
    return Prefilter(patterns, whole.function_words, told_apart=range(len(whole.entries)))


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MACRO = re.compile(r"\{([a-z_]+)\}")
_FORBIDDEN = re.compile(r"\(\?[=!<](?!P<)|\(\?<[=!]|\\[1-9]|\(\?P=|\(\?>|[*+?}]\+")
_PATTERN_TOKEN = re.compile(r"(\\.|\(\?P<)|([^\\(]+|\()", re.DOTALL)
_TABLES = {
    "language",
    "function_words",
    "letters",
    "months",
    "weekdays",
    "numbers",
    "counts",
    "durations",
    "duration_before",
    "ahead_before",
    "ahead_after",
    "periods",
    "holidays",
    "month_end_before",
    "week_words",
    "subject_prefixes",
    "macros",
    "words",
    "terms",
    "traits",
    "entries",
}
_ENTRY_KEYS = {
    "name",
    "means",
    "pattern",
    "about",
    "weak",
    "holds_end",
    "unless",
    "unless_next",
    "unless_spelled",
    "match",
    "no_match",
}


def _expand(pattern: str, macros: Mapping[str, str], where: str) -> str:
    for _ in range(5):
        expanded = _MACRO.sub(
            lambda found: f"(?:{macros[found.group(1)]})" if found.group(1) in macros else found.group(), pattern
        )
        if expanded == pattern:
            break
        pattern = expanded
    unknown = _MACRO.search(pattern)
    if unknown:
        raise ConfigurationError(f"{where}: there is no macro {unknown.group()}; define it under macros.")
    return pattern


def _fold_literal(text: str) -> str:
    """Fold the letters of a pattern; a full-width sign that folds to one of regex syntax stays a literal."""
    pairs = zip(text, fold(text), strict=True)
    return "".join(
        f"\\{folded}" if folded != letter and folded in "()[]{}?*+|.^$" else folded for letter, folded in pairs
    )


_DIGRAPHS = str.maketrans({"ä": "(?:ae|a)", "ö": "(?:oe|o)", "ü": "(?:ue|u)", "ß": "(?:ss|s)"})


def compile_pattern(pattern: str, macros: Mapping[str, str], where: str) -> "re.Pattern[str]":
    """Compile a lexicon pattern.

    Raises:
        ConfigurationError: it does not compile, or uses what RE2 cannot do; the message names the entry.
    """
    pattern = _expand(pattern, macros, where)
    if "/de.yaml" in where:
        pattern = pattern.translate(_DIGRAPHS)  # umlauts are often written as two letters
    if _FORBIDDEN.search(pattern.replace("(?P<", "(<").replace("(?:", "(")):
        raise ConfigurationError(f"{where}: no lookaround, backreference or possessive quantifier may be used.")
    try:
        return re.compile(
            _PATTERN_TOKEN.sub(lambda found: found.group(1) or _fold_literal(found.group(2)), pattern), re.ASCII
        )
    except re.error as error:
        raise ConfigurationError(f"{where}: the pattern does not compile: {error}.") from error


def _entry(
    data: Mapping[str, Any], macros: Mapping[str, str], language: str, negation: "re.Pattern[str] | None"
) -> Entry:
    where = f"lexicons/{language}.yaml, entry {data.get('name', '?')}"
    unknown = data.keys() - _ENTRY_KEYS
    missing = {"name", "means", "pattern", "match", "no_match"} - data.keys()
    if unknown or missing:
        raise ConfigurationError(f"{where}: unknown keys {sorted(unknown)}, missing keys {sorted(missing)}.")

    def optional_pattern(key: str) -> "re.Pattern[str] | None":
        return compile_pattern(data[key], macros, where) if data.get(key) else None

    try:
        means, about = Meaning(data["means"]), About(data.get("about", "subject"))
    except ValueError as error:
        raise ConfigurationError(f"{where}: {error}.") from error
    pattern = compile_pattern(data["pattern"], macros, where)
    return Entry(
        name=f"{language}.{data['name']}",
        means=means,
        pattern=pattern,
        about=about,
        is_weak=bool(data.get("weak", False)),
        unless=optional_pattern("unless"),
        unless_next=optional_pattern("unless_next"),
        unless_spelled=re.compile(data["unless_spelled"], re.IGNORECASE) if data.get("unless_spelled") else None,
        match=tuple(data["match"]),
        no_match=tuple(data["no_match"]),
        holds_negation=negation is not None and negation.search(pattern.pattern.replace("\\b", " ")) is not None,
        holds_end=bool(data.get("holds_end", False)),
    )


def read_lexicon(text: str, language: str) -> Lexicon:
    """Read one lexicon file.

    Raises:
        ConfigurationError: the file is not a lexicon; the message names the entry and the cure.
    """
    try:
        data = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as error:
        raise ConfigurationError(f"lexicons/{language}.yaml is not YAML: {error}") from error
    unknown = data.keys() - _TABLES
    if unknown:
        raise ConfigurationError(f"lexicons/{language}.yaml: unknown keys {sorted(unknown)}.")
    macros = data.get("macros") or {}
    words = {
        kind: compile_pattern(
            pattern if isinstance(pattern, str) else "|".join(pattern),
            macros,
            f"lexicons/{language}.yaml, words.{kind}",
        )
        for kind, pattern in (data.get("words") or {}).items()
    }
    negation = words.get("negation_within")
    entries = tuple(_entry(entry, macros, language, negation) for entry in data.get("entries") or [])
    names = [entry.name for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(f"lexicons/{language}.yaml: entries with the same name: {twice}.")
    return Lexicon(
        language=language,
        entries=entries,
        function_words=frozenset(fold(str(word)) for word in data.get("function_words") or []),
        letters=data.get("letters") or "",
        months={fold(str(name)): int(number) for name, number in (data.get("months") or {}).items()},
        weekdays={fold(str(name)): int(number) for name, number in (data.get("weekdays") or {}).items()},
        numbers={fold(str(name)): int(number) for name, number in (data.get("numbers") or {}).items()},
        subject_prefixes={
            kind: tuple(fold(str(prefix)) for prefix in prefixes)
            for kind, prefixes in (data.get("subject_prefixes") or {}).items()
        },
        counts={fold(str(word)): int(number) for word, number in (data.get("counts") or {}).items()},
        durations={fold(str(word)): int(days) for word, days in (data.get("durations") or {}).items()},
        duration_before=fold(data.get("duration_before") or ""),
        ahead_before=fold(data.get("ahead_before") or ""),
        ahead_after=fold(data.get("ahead_after") or ""),
        periods={fold(str(word)): str(period) for word, period in (data.get("periods") or {}).items()},
        month_end_before=fold(data.get("month_end_before") or ""),
        holidays={fold(str(name)): tuple(map(int, rule)) for name, rule in (data.get("holidays") or {}).items()},
        week_words=tuple(fold(str(word)) for word in data.get("week_words") or []),
        words=words,
        terms={kind: tuple(fold(str(word)) for word in listed) for kind, listed in (data.get("terms") or {}).items()},
        traits=_traits(data.get("traits") or [], language),
    )


def _traits(names: Iterable[str], language: str) -> frozenset[Trait]:
    try:
        return frozenset(Trait(name) for name in names)
    except ValueError as error:
        raise ConfigurationError(f"lexicons/{language}.yaml, traits: {error}.") from error


def read_data_file(name: str) -> str:
    """Return the text of a file of ``lexicons/``."""
    return resources.files(__package__).joinpath("lexicons", name).read_text("utf-8")


@lru_cache(maxsize=len(LANGUAGES))
def lexicon(language: str) -> Lexicon:
    """Return the compiled lexicon of a language, read once per process."""
    return read_lexicon(read_data_file(f"{language}.yaml"), language)


@cache
def terms(kind: str) -> frozenset[str]:
    """Return the words of one list of all languages, folded."""
    return frozenset(word for language in LANGUAGES for word in lexicon(language).terms.get(kind, ()))


def alternatives(words: Iterable[str]) -> str:
    """Return a pattern of any of some words, the longest first; beginnings that they share are looked at once."""
    tree: dict[str, Any] = {}
    for word in words:
        node = tree
        for letter in word:
            node = node.setdefault(letter, {})
        node[_END] = {}
    return _any_of(tree)


_END = ""


def _any_of(tree: Mapping[str, Any]) -> str:
    ways = [f"{re.escape(letter)}{_any_of(rest)}" for letter, rest in sorted(tree.items()) if letter != _END]
    if len(ways) == 1 and _END not in tree:
        return ways[0]
    return f"(?:{'|'.join(ways)}){'?' if _END in tree else ''}" if ways else ""


@lru_cache(maxsize=1)
def lexicon_digest() -> str:
    """Return a hash of all files of ``lexicons/``: it changes when any of them does."""
    digest = hashlib.sha256()
    files = resources.files(__package__).joinpath("lexicons").iterdir()
    for file in sorted((file for file in files if file.is_file()), key=lambda file: file.name):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _read_data(name: str) -> Any:
    return yaml.load(read_data_file(f"{name}.yaml"), Loader=_LOADER)  # noqa: S506 - both are safe loaders


@lru_cache(maxsize=1)
def _transport() -> Mapping[str, Any]:
    data: Mapping[str, Any] = _read_data("transport")
    return data


@lru_cache(maxsize=1)
def _names() -> Mapping[str, Any]:
    data: Mapping[str, Any] = _read_data("names")
    return data


@lru_cache(maxsize=64)
def forms(name: str) -> "re.Pattern[str]":
    """Return one of the patterns of ``lexicons/transport.yaml``, for folded text."""
    return compile_pattern(
        "|".join(f"(?:{form})" for form in _transport()[name]), {}, f"lexicons/transport.yaml, {name}"
    )


@lru_cache(maxsize=1)
def _form_prefilter() -> tuple[tuple[str, ...], Prefilter]:
    names = tuple(name for name in _transport() if name != "reasons" and not name.endswith("_headers"))
    return names, Prefilter([forms(name) for name in names])


def possible_forms(*texts: str) -> frozenset[str]:
    """Return which of the patterns of ``lexicons/transport.yaml`` can be in some folded texts or in a part of them."""
    names, prefilter = _form_prefilter()
    return frozenset(names[number] for number in prefilter.candidates_in_lines("\n".join(texts)))


@lru_cache(maxsize=8)
def header_names(name: str) -> tuple[str, ...]:
    """Return one of the lists of header names of ``lexicons/transport.yaml``."""
    return tuple(_transport()[name])


@lru_cache(maxsize=1)
def bounce_reasons() -> list[tuple[str, "re.Pattern[str]"]]:
    """Return the reasons of a delivery report with their patterns, in the order in which they are tried."""
    where = "lexicons/transport.yaml, reasons"
    reasons = _transport()["reasons"].items()
    return [
        (name, compile_pattern("|".join(f"(?:{form})" for form in patterns), {}, where)) for name, patterns in reasons
    ]


@cache
def name_words(kind: str) -> frozenset[str]:
    """Return one of the word lists of ``lexicons/names.yaml``."""
    return frozenset(str(word) for word in _names()[kind])


def name_table(kind: str) -> Mapping[str, str]:
    """Return one of the tables of ``lexicons/names.yaml``."""
    table: Mapping[str, str] = _names()[kind]
    return table


_TAGS = re.compile(
    r"^(?:\s*(?:\[(?:external|ext|extern|externe|spam|caution)[^\]]{0,20}\]|\{spam\?\}|(?:external|ext):))+\s*"
)


def without_tags(folded_subject: str) -> str:
    """Return a folded subject without the marks that gateways put before it (``[External]``)."""
    return _TAGS.sub("", folded_subject)


class SubjectPrefix(NamedTuple):
    """A prefix that marks a subject as an automatic reply's. ``kind`` is ``automatic`` or ``absence``."""

    kind: str
    language: str


@lru_cache(maxsize=1)
def _prefixes() -> list[tuple[str, SubjectPrefix]]:
    rows = [
        (prefix, SubjectPrefix(kind, language))
        for language in LANGUAGES
        for kind, prefixes in lexicon(language).subject_prefixes.items()
        for prefix in prefixes
    ]
    return sorted(rows, key=lambda row: (-len(row[0]), row[0]))


@lru_cache(maxsize=1)
def _prefix_texts() -> tuple[str, ...]:
    return tuple(prefix for prefix, _ in _prefixes())


@lru_cache(maxsize=64)
def subject_prefix(folded_subject: str) -> SubjectPrefix | None:
    """Return the automatic-reply prefix of a folded subject, if it has one.

    Only a *prefix* counts: the rest may be the subject of our own mailing (mail.md §1.3).
    """
    rest = without_tags(folded_subject).lstrip("[( ")
    if not rest.startswith(_prefix_texts()):
        return None
    return next((kind for prefix, kind in _prefixes() if rest.startswith(prefix)), None)
