"""Dates: the calendar dates that a text states, resolved against the day of the message.

Belongs here: recognising dates in any of the languages at once. Does not belong here: what a date means
(``facts.py``). A date without a year is the one that suits the message's day; without a Date header no
year is guessed.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import LANGUAGES, NO_SPACES, Lexicon, alternatives, lexicon, terms
from autoresponder_dagster.determination.prefilter import Prefilter

PAST, FUTURE = -1, 1
_MAX_DATES = 40
_MONTHS = 12
_MONTH_AND_DAY = 2
_WEEK = timedelta(days=7)
_WEEKS = 53
_LAST = -1
_NEAR_DAYS, _BEHIND_DAYS, _FAR_DAYS = 62, 31, 200
"""Within how many days a day is looked for that is told without its month."""
_FRIDAY = 4
_FAR, _RATHER_FAR, _NEAR = timedelta(days=300), timedelta(days=150), timedelta(days=120)
_WRONG_SIDE, _CLOSE_BY = 45, 31
"""How many days on the wrong side of today make a day doubtful, and how close on the right side another reading is."""
_WESTMOST, _EASTMOST = -11, -4
"""Hours from UTC between which people write the month first."""


class Recurrence(Enum):
    """How often a day comes that is told without its month."""

    DAILY = "daily"
    """The day after another ("back the next day")."""
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class StatedDate(NamedTuple):
    """A date as it stands in a text. ``value`` is null where the year cannot be known.

    ``is_certain`` is false where the weekday contradicts or the order of day and month is a guess.
    """

    start: int
    end: int
    value: date | None
    is_certain: bool = True
    is_relative: bool = False
    is_range: bool = False
    """The end of a range ("July 10-31")."""
    is_duration: bool = False
    """The end of a time that begins today ("for two weeks")."""
    recurs: Recurrence | None = None
    """Where only a weekday or a day of the month is told: the first one from today on is only a guess."""


@lru_cache(maxsize=1)
def month_numbers() -> dict[str, int]:
    """Return the number of every month name of every language, folded."""
    return {name: number for language in LANGUAGES for name, number in lexicon(language).months.items()}


@lru_cache(maxsize=1)
def _weekday_numbers() -> dict[str, int]:
    return {name: number for language in reversed(LANGUAGES) for name, number in lexicon(language).weekdays.items()}


@lru_cache(maxsize=1)
def _ordinal_numbers() -> dict[str, int]:
    return {name: number for language in LANGUAGES for name, number in lexicon(language).numbers.items()}


def _one_of(kind: str) -> str:
    """Return the pattern of a word of one of the lists of all languages; Chinese and Japanese know no word boundary."""
    words = terms(kind)
    spaced, unspaced = ([word for word in words if word.isascii() is holds] for holds in (True, False))
    return "|".join([rf"\b(?:{alternatives(spaced)})\b", *map(re.escape, sorted(unspaced))])


def _length(known: Lexicon) -> str:
    """Return the pattern of a length of time in a language ("two weeks")."""
    space = "" if known.language in NO_SPACES else "[ -]"
    return rf"(?:(?:{alternatives(known.counts)}|\d{{1,3}}){space})?(?:{alternatives(known.durations)})"


def _duration_forms() -> list[str]:
    """Return the pattern of a time that begins today in every language that has words for one ("for two weeks")."""
    known = [each for each in map(lexicon, LANGUAGES) if each.duration_before]
    return [rf"\b(?:{each.duration_before}) {_length(each)}\b" for each in known]


def _ahead_forms() -> list[str]:
    """Return the pattern of a day that is some time away in every language ("in two weeks", "a week today")."""
    before = [each for each in map(lexicon, LANGUAGES) if each.ahead_before]
    after = [each for each in map(lexicon, LANGUAGES) if each.ahead_after]
    return [
        *(rf"\b(?:{each.ahead_before}) {_length(each)}\b" for each in before),
        *(
            rf"{_length(each)}(?:{each.ahead_after})"
            if each.language in NO_SPACES
            else rf"\b{_length(each)} (?:{each.ahead_after})\b"
            for each in after
        ),
    ]


@lru_cache(maxsize=1)
def _length_pattern() -> "re.Pattern[str]":
    counts, units = alternatives(_counts()), alternatives(_duration_days())
    return re.compile(rf"(?<![a-z])(?:(?P<count>{counts}|\d{{1,3}})[ -]?)?(?P<unit>{units})(?![a-z])")


@lru_cache(maxsize=1)
def _duration_days() -> dict[str, int]:
    return {word: days for language in LANGUAGES for word, days in lexicon(language).durations.items()}


@lru_cache(maxsize=1)
def _single_units() -> frozenset[str]:
    """Return the words for one week, month or year: the first of each length in the list of its language.

    "For weeks" tells no length, and "per day" no end.
    """
    first = [
        next(word for word, same in lexicon(language).durations.items() if same == days)
        for language in LANGUAGES
        for days in {*lexicon(language).durations.values()} - {1}
    ]
    return frozenset(first)


@lru_cache(maxsize=1)
def _counts() -> dict[str, int]:
    return {word: number for language in LANGUAGES for word, number in lexicon(language).counts.items()}


@lru_cache(maxsize=1)
def _holidays() -> dict[str, tuple[int, ...]]:
    return {name: rule for language in LANGUAGES for name, rule in lexicon(language).holidays.items()}


_MONDAYS_OF_EASTER = (1, 50)


def _holidays_on_mondays() -> list[str]:
    """Return the holidays that always are a Monday: behind one of them, the next day is a working day."""
    return [
        name
        for name, (*first, last) in _holidays().items()
        if (not first and last in _MONDAYS_OF_EASTER) or (len(first) == _MONTH_AND_DAY and last == 0)
    ]


@lru_cache(maxsize=1)
def _periods() -> dict[str, str]:
    """Return what "the end of the …" may speak of: a week, month or year, by its word."""
    return {word: period for language in LANGUAGES for word, period in lexicon(language).periods.items()}


_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_ASIAN_NUMBER = "[0-3]?[0-9]|[一二三四五六七八九十]{1,3}"
_ASIAN_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")} | {"零": 0}
_YEARS_AWAY = {"来": 1, "明": 1, "翌": 1, "去": -1, "昨": -1, "今": 0, "本": 0}
_MONTHS_AWAY = {"来": 1, "翌": 1, "下": 1, "今": 0, "本": 0, "这": 0, "先": -1, "上": -1}
_BEFORE_REIWA = 2018
_RANGE_SIGN = re.compile(r"(?:[-~〜～—–至到]|から)[^0-9。]{0,4}$")
_LUNAR = re.compile(r"(?:农历|阴历|旧历|旧暦)[^0-9]{0,6}$")


def _asian_number(text: str) -> int:
    """Return a number below a hundred, in figures or in Chinese numerals."""
    if text.isdecimal() and text.isascii():
        return int(text)
    tens, ten, units = text.rpartition("十")
    return (_ASIAN_DIGITS.get(tens, 1) * 10 if ten else 0) + _ASIAN_DIGITS.get(units, 0)


@lru_cache(maxsize=1)
def date_patterns() -> dict[str, "re.Pattern[str]"]:
    """Return the pattern of every kind of date, for folded text."""
    months = alternatives(name for name in month_numbers() if name.isascii())
    names = alternatives(name for name in _weekday_numbers() if name.isascii())
    asian_weekdays = alternatives(name for language in NO_SPACES for name in lexicon(language).weekdays)
    in_brackets = rf"(?:\((?:{asian_weekdays}|[月火水木金土日])\))?"
    ordinals = alternatives(_ordinal_numbers())
    weekday = rf"(?:(?P<weekday>{names})\b\.?,?(?: the| den| der| il| le| el| dem| dnia)? ?\(?)?"
    year = r"(?:,? ?(?:de |del |do |anno )?(?P<year>(?:19|20)\d\d)\b|,? ?'(?P<short>\d\d)\b)?"
    day = r"(?P<day>[0-3]?\d)\.?(?:st|nd|rd|th|er|re|:?e|:?a|ste|de|o|\u00b0)?\.?"
    english_day = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b"
    to_day = r"(?: ?\(?(?:-|to|through|thru|until|and)\)? ?(?P<day_to>[0-3]?\d)(?:st|nd|rd|th)?\b)?"
    article = "(?:the |den |dem |der |il |le |el |dia |op |d\\. )?"
    week_words = alternatives(word for language in LANGUAGES for word in lexicon(language).week_words)
    month_ends = "|".join(known.month_end_before for known in map(lexicon, LANGUAGES) if known.month_end_before)
    periods = alternatives(_periods())
    next_week = alternatives(terms("next_week"))
    articles, of_month = alternatives(terms("articles")), alternatives(terms("of_month"))
    one_day = alternatives(word for word, days in _duration_days().items() if days == 1)
    forms = {
        "iso": r"\b(?P<year>20\d\d|19\d\d)(?P<sep>[-/.])(?P<month>[01]?\d)(?P=sep)(?P<day>[0-3]?\d)\b",
        "asian": r"(?:(?P<year>(?:19|20)\d\d|[二〇零一]{4})年|"
        rf"令和(?P<reiwa>{_ASIAN_NUMBER}|元)年|(?P<relative>[来明翌去昨今本])年の?)?"
        rf"(?P<month>{_ASIAN_NUMBER})月(?:(?P<day>{_ASIAN_NUMBER})[日号]|(?P<last>末|底)){in_brackets}",
        "asian_month": r"(?P<relative>[来翌今本先]|下个?|上个?|这个?)月"
        rf"(?:の?(?P<day>{_ASIAN_NUMBER})[日号]|(?P<last>末|底))",
        "asian_day": rf"(?P<day>{_ASIAN_NUMBER})[日号](?=$|[^间内程前数以]|以[降后]){in_brackets}",
        "day_month": rf"\b{weekday}{day}(?: of| de| den| dni| di|-)? ?(?P<month>{months})\b\.?{year}",
        "month_day": rf"\b{weekday}(?P<month>{months})\b\.? (?:the )?{english_day}{to_day}{year}",
        "compact": rf"\b(?P<day>[0-3]\d)(?P<month>{months})(?P<short>\d\d)\b",
        "roman": r"\b(?P<day>[0-3]?\d)[. ] ?(?P<roman>i{1,3}|iv|vi{0,3}|ix|xi{0,2})[. ] ?(?P<year>20\d\d)\b",
        "day_of_month": rf"\bthe (?:(?P<day>[0-3]?\d)(?:st|nd|rd|th)|(?P<day_word>{ordinals})) "
        r"of (?P<which>the|this|last|next) month\b",
        "ordinal_word": rf"\b{weekday}(?:the )?(?P<day_word>{ordinals}) (?:(?:day )?(?:{of_month}) )?"
        rf"(?P<month>{months})\b{year}",
        "numeric": rf"\b{weekday}(?P<a>[0-3]?\d)(?P<sep>[/.-])(?P<b>[0-3]?\d)"
        r"(?:(?P=sep)(?P<year>(?:19|20)\d\d|\d\d)\b)?",
        "numeric_range": r"\b[0-3]?\d\.?-(?P<a>[0-3]?\d)(?P<sep>[/.])(?P<b>[0-3]?\d)"
        r"(?:(?P=sep)(?P<year>(?:19|20)\d\d|\d\d)\b)?",
        "weekday_day": rf"\b(?P<weekday>{names})\b,? {article}(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|o|\.)?(?:\b|(?= |$))",
        "weekday": rf"\b(?:(?:{alternatives(terms('next'))}) )?(?P<weekday>{names})\b",
        "day_after_tomorrow": _one_of("day_after_tomorrow"),
        "tomorrow": _one_of("tomorrow"),
        "today": _one_of("today"),
        "asian_weekday": rf"(?P<next>下周|来周の?|下个?星期)?(?P<weekday>{asian_weekdays})",
        "week_number": rf"\b(?P<word>{week_words})\.? ?(?P<week>[0-5]?\d)\b(?:(?:, ?[0-5]?\d)*"
        r" ?(?:-|bis|tot|till|t/m|und|en|och|and|to|through) ?"
        r"(?P<week_to>[0-5]?\d)\b)?",
        "weekday_week": rf"\b(?:a week (?:on|from) )(?P<weekday>{names})\b"
        rf"|\b(?P<weekday_b>{names}) (?:{alternatives(terms('week_later'))})\b",
        "weekday_next_week": rf"\b(?:{next_week}),?(?: \w{{1,3}})? (?P<weekday>{names})\b"
        rf"|\b(?P<weekday_b>{names}),? (?:\w{{1,4}} ){{0,2}}(?:{next_week})\b",
        "month_end": rf"\b(?:{month_ends})[ '](?P<month>{months}|{periods})\b{year}",
        "day": rf"\b(?:{alternatives(terms('before_ordinal'))}) (?P<day>[0-3]?\d)(?:st|nd|rd|th)\b",
        "later_day": rf"\b(?:{alternatives(terms('before_day'))}) (?P<day>[0-3]?\d)"
        r"(?:st|nd|rd|th|er|:?e|:?a|ste|de|o|º|ª|\.)?"
        r"(?:$|[^\w%.:/-]|[.](?:$| ))",
        "duration": "|".join(_duration_forms()),
        "ahead": "|".join(_ahead_forms()),
        "next_day": _one_of("next_day"),
        "after_holiday": rf"\b(?P<weekday>{names}|{one_day}) (?:{alternatives(terms('after'))}) "
        rf"(?:(?:{articles}) )?(?P<holiday>{alternatives(_holidays())})\b",
        "after_monday": rf"\b(?:{alternatives(terms('after'))}) (?:(?:{articles}) )?"
        rf"(?P<holiday>{alternatives(_holidays_on_mondays())})\b",
        "nth_weekday": rf"\b(?P<nth>{ordinals}) (?P<weekday>{names}) (?:(?:{of_month}) )?(?P<month>{months})\b{year}",
        "yesterday": _one_of("yesterday"),
    }
    return {name: re.compile(form, re.ASCII) for name, form in forms.items()}


@lru_cache(maxsize=1)
def _prefilter() -> Prefilter:
    return Prefilter(list(date_patterns().values()))


@lru_cache(maxsize=1024)
def _matches_in(folded: str) -> dict[str, list["re.Match[str]"]]:
    """Return what may be dates in a text by their kind, whatever the day; remembered, for it is asked for again."""
    patterns = list(date_patterns().items())
    possible = (patterns[number] for number in _prefilter().candidates(folded))
    found = ((kind, list(pattern.finditer(folded))) for kind, pattern in possible)
    return {kind: matches for kind, matches in found if matches}


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _resolve(month: int, day: int, year: int | None, today: date | None, direction: int) -> date | None:
    if year is not None:
        return _make(year, month, day)
    if today is None:
        return None
    candidates = [found for offset in (-1, 0, 1) if (found := _make(today.year + offset, month, day)) is not None]
    if not candidates:
        return None
    slack = timedelta(days=45)
    if direction == FUTURE:
        later = [found for found in candidates if found >= today - slack]
        return min(later) if later else max(candidates)
    earlier = [found for found in candidates if found <= today + slack]
    return max(earlier) if earlier else min(candidates)


def _full_year(text: str | None, short: str | None = None) -> int | None:
    digits = text or short
    if not digits:
        return None
    return int(digits) if len(digits) > len("26") else 2000 + int(digits)


def _order(
    a: int,
    b: int,
    weekday: int | None,
    year: int | None,
    found: "_Found",
    *,
    month_first: bool | None,
) -> tuple[date | None, bool]:
    """Resolve ``a/b``: by what is possible, then the weekday, then the habit of the place, then nearness."""
    day_first = found.resolve(b, a, year) if b <= _MONTHS else None
    by_month = found.resolve(a, b, year) if a <= _MONTHS else None
    if day_first is None or by_month is None or day_first == by_month:
        chosen = day_first or by_month
        return chosen, chosen is not None and (weekday is None or chosen.weekday() == weekday)
    if weekday is not None and (day_first.weekday() == weekday) != (by_month.weekday() == weekday):
        return (day_first if day_first.weekday() == weekday else by_month), True
    if found.today is None:
        return ((by_month if month_first else day_first), True) if month_first is not None else (None, False)
    distances = {value: abs(value - found.today) for value in (day_first, by_month)}
    if month_first is None or (weekday is not None and day_first.weekday() == by_month.weekday() == weekday):
        return min(distances, key=lambda value: distances[value]), False
    chosen, other = (by_month, day_first) if month_first else (day_first, by_month)
    if year is not None and found.languages[:1] == ("en",):
        # Only the place told the order, and by it the day would lie on the wrong side of today.
        ahead, other_ahead = ((value - found.today).days * found.direction for value in (chosen, other))
        if ahead < -_WRONG_SIDE and 0 <= other_ahead <= _CLOSE_BY:
            return other, False
    is_far = (distances[chosen] > _FAR and distances[other] < _NEAR) or (
        distances[chosen] > _RATHER_FAR and distances[other].days <= _CLOSE_BY
    )
    return (other, False) if is_far else (chosen, True)


def month_first_habit(text: str, language: str | None, utc_offset: float | None) -> bool | None:
    """Tell the order of day and month in a text: by a number above twelve, else by language and zone."""
    first = second = 0
    for found in re.finditer(r"\b([0-3]?\d)([/.-])([0-3]?\d)(?:\2\d{2,4})?\b", text):
        a, b = int(found.group(1)), int(found.group(3))
        first += a > _MONTHS >= b
        second += b > _MONTHS >= a
    if first != second:
        return second > first
    if language in NO_SPACES:
        return True
    if language is not None and language != "en":
        return False
    return None if utc_offset is None else _WESTMOST <= utc_offset <= _EASTMOST


@lru_cache(maxsize=64)
def _weekdays_in(languages: tuple[str, ...]) -> frozenset[str]:
    """Return the names of the weekdays of some languages: French "mon" is no Monday in a French text."""
    common = lexicon(languages[0]).function_words if languages else frozenset()
    return frozenset(name for language in languages for name in lexicon(language).weekdays) - common


def _is_week(word: str, languages: Iterable[str]) -> bool:
    """Tell whether a word stands before the number of a week in the calendar."""
    return any(word in lexicon(language).week_words for language in languages)


class _Found:
    """The dates found so far; a place that is taken stays taken, so longer forms are tried first."""

    def __init__(
        self,
        folded: str,
        possible: dict[str, list["re.Match[str]"]],
        today: date | None,
        direction: int,
        *,
        month_first: bool | None,
        languages: tuple[str, ...],
    ) -> None:
        self.folded = folded
        self.possible = possible
        self.today = today
        self.direction = direction
        self.month_first = month_first
        self.languages = languages
        self.dates: list[StatedDate] = []

    def add(
        self,
        match: "re.Match[str]",
        value: date | None,
        *,
        start: int | None = None,
        recurs: Recurrence | None = None,
        **marks: bool,
    ) -> None:
        """Add a date where a pattern matches, from ``start`` on if the words before it are none of it."""
        start, end = match.start() if start is None else start, match.end()
        is_free = all(end <= other.start or start >= other.end for other in self.dates)
        if is_free and value is not None and len(self.dates) < _MAX_DATES:
            self.dates.append(StatedDate(start, end, value, recurs=recurs, **marks))

    def matches(self, kind: str) -> Iterator["re.Match[str]"]:
        return iter(self.possible.get(kind, ()))

    def latest_before(self, match: "re.Match[str]") -> date | None:
        """Return the latest of the dates that stand before a place."""
        earlier = (stated.value for stated in self.dates if stated.end <= match.start())
        return max((value for value in earlier if value is not None), default=None)

    def resolve(self, month: int, day: int, year: int | None) -> date | None:
        return _resolve(month, day, year, self.today, self.direction)


def _add_numbered(found: _Found) -> None:
    """Add dates of year, month and day in figures, in an order that leaves no doubt."""
    for match in found.matches("iso"):
        year = _full_year(match.group("year"))
        found.add(match, found.resolve(int(match.group("month")), int(match.group("day")), year))


def _add_asian(found: _Found) -> None:
    """Add Chinese and Japanese dates: by month, of a month near this one, and days of the month named last."""
    for match in found.matches("asian"):
        groups = match.groupdict()
        if _LUNAR.search(found.folded[: match.start()]):
            continue
        year = None
        if groups["year"]:
            year = int("".join(str(_ASIAN_DIGITS.get(digit, digit)) for digit in groups["year"]))
        elif groups["reiwa"]:
            year = _BEFORE_REIWA + (1 if groups["reiwa"] == "元" else _asian_number(groups["reiwa"]))
        elif groups["relative"] and found.today is not None:
            year = found.today.year + _YEARS_AWAY[groups["relative"]]
        month = _asian_number(groups["month"])
        found.add(match, _day_or_last(found, month, groups["day"], year))
    if found.today is None:
        return
    for match in found.matches("asian_month"):
        months = found.today.year * _MONTHS + found.today.month - 1 + _MONTHS_AWAY[match.group("relative")[0]]
        value = _day_or_last(found, months % _MONTHS + 1, match.group("day"), months // _MONTHS)
        found.add(match, value, is_relative=True)
    for match in found.matches("asian_day"):
        if found.folded[: match.start()][-1:] in tuple("月年第./0123456789十"):
            continue
        earlier = [stated for stated in found.dates if stated.end <= match.start() and stated.value is not None]
        base = max(earlier, key=lambda stated: stated.end).value if earlier else None
        day = _asian_number(match.group("day"))
        value = _same_or_next_month(base, day) if base else _nearest_day(found.today, day, found.direction)
        is_range = base is not None and _RANGE_SIGN.search(found.folded[: match.start()]) is not None
        found.add(match, value, is_range=is_range)


def _day_or_last(found: _Found, month: int, day: str | None, year: int | None) -> date | None:
    """Return a day of a month, the last one where none is given."""
    if day is not None:
        return found.resolve(month, _asian_number(day), year)
    days = (found.resolve(month, last, year) for last in (31, 30, 29, 28) if month in range(1, _MONTHS + 1))
    return next((value for value in days if value is not None), None)


def _same_or_next_month(base: date, day: int) -> date | None:
    """Return the first such day of a month from a date on."""
    days = (base + timedelta(days=step) for step in range(62))
    return next((value for value in days if value.day == day), None)


def _nearest_day(today: date, day: int, direction: int) -> date | None:
    """Return the first such day of a month before or after today."""
    days = (today + timedelta(days=step * direction) for step in range(62))
    return next((value for value in days if value.day == day), None)


def _add_named_months(found: _Found) -> None:
    for kind in ("month_day", "day_month", "ordinal_word", "compact", "roman"):
        for match in found.matches(kind):
            groups = match.groupdict()
            word, last, roman = groups.get("day_word"), groups.get("day_to"), groups.get("roman")
            day = _ordinal_numbers()[word] if word else int(last or groups["day"])
            month = _ROMAN.index(roman) + 1 if roman else month_numbers()[groups["month"]]
            value = found.resolve(month, day, _full_year(groups.get("year"), groups.get("short")))
            weekday = _weekday_numbers().get(groups.get("weekday") or "")
            is_certain = weekday is None or value is None or value.weekday() == weekday
            found.add(match, value, is_certain=is_certain, is_range=last is not None)


def _add_slashed(found: _Found) -> None:
    for match in (*found.matches("numeric_range"), *found.matches("numeric")):
        groups = match.groupdict()
        before, after = found.folded[: match.start()], found.folded[match.end() :][:1]
        is_range = "weekday" not in groups or _follows_a_date(before, found)
        if groups["year"] is None and (groups["sep"] == "-" or (groups["sep"] == "." and after != ".")):
            is_told = groups["sep"] == "-" and before.endswith(_before_dashed())
            if not (is_told or is_range):
                continue  # a range of hours, a version number
        if before.endswith(("/", ".", "-", ":", "+")) and not _follows_a_date(before, found):
            continue
        if match.group() == "24/7" or (groups["year"] is None and before.endswith(_before_number())):
            continue  # round the clock; "room 2.08"
        weekday = _weekday_numbers().get(groups.get("weekday") or "")
        habit = False if groups["sep"] == "." else found.month_first
        value, is_certain = _order(
            int(groups["a"]), int(groups["b"]), weekday, _full_year(groups["year"]), found, month_first=habit
        )
        found.add(match, value, is_certain=is_certain, is_range=is_range)


def _follows_a_date(before: str, found: _Found) -> bool:
    """Tell whether a date stands close behind the sign behind another one ("12.10.-23.10.")."""
    begins = len(before.rstrip(".-"))
    return before.endswith("-") and any(stated.end == begins for stated in found.dates)


@lru_cache(maxsize=1)
def _before_number() -> tuple[str, ...]:
    return tuple(f"{word} " for word in terms("before_number"))


@lru_cache(maxsize=1)
def _before_dashed() -> tuple[str, ...]:
    return tuple(f"{word} " for word in terms("before_dashed_date"))


def _add_spelled(found: _Found, today: date) -> None:
    """Add dates that only a phrase tells ("the Monday after Thanksgiving", "Monday week", "the end of May")."""
    for match in found.matches("after_holiday"):
        holiday = _day_of_holiday(_holidays()[match.group("holiday")], found)
        weekday = _weekday_numbers().get(match.group("weekday"))
        if holiday is not None:
            found.add(match, _weekday_from(holiday + timedelta(days=1), weekday))
    for match in found.matches("after_monday") if found.direction == FUTURE else ():
        holiday = _day_of_holiday(_holidays()[match.group("holiday")], found)
        found.add(match, holiday and holiday + timedelta(days=1))
    for match in found.matches("nth_weekday"):
        found.add(match, _nth_weekday(match, found))
    for match in found.matches("weekday_week"):
        weekday = _weekday_numbers()[match.group("weekday") or match.group("weekday_b")]
        found.add(match, today + timedelta(days=((weekday - today.weekday()) % 7 or 7) + 7))
    for match in found.matches("week_number"):
        if _is_week(match.group("word"), found.languages):
            week, last = int(match.group("week")), match.group("week_to")
            value = _day_of_week(int(last), _FRIDAY, found) if last else _day_of_week(week, 0, found)
            found.add(match, value, is_range=last is not None)
    _add_durations(found, today)
    for match in found.matches("day_of_month"):
        found.add(match, _day_of_month(match, found, today))
    for match in found.matches("month_end"):
        is_vague = found.folded[: match.start()].rstrip().removesuffix(" the").endswith(_vague())
        found.add(
            match,
            None
            if is_vague
            else _end_of(match.group("month"), _full_year(match.group("year"), match.group("short")), found),
        )


@lru_cache(maxsize=1)
def _vague() -> tuple[str, ...]:
    return tuple(f" {word}" for word in terms("vague"))


def _day_of_month(match: "re.Match[str]", found: _Found, today: date) -> date | None:
    """Return a day of this month or a month beside it ("the first of the month")."""
    word = match.group("day_word")
    day = _ordinal_numbers()[word] if word else int(match.group("day"))
    first = _months_later(today.replace(day=1), {"last": -1, "next": 1}.get(match.group("which"), 0))
    value = _make(first.year, first.month, day)
    is_away = value is not None and (value - today).days * found.direction < 0
    return _nearest_day(today, day, found.direction) if is_away and match.group("which") == "the" else value


def _weekday_from(day: date, weekday: int | None) -> date:
    """Return the first such weekday from a day on; the day itself where none is given."""
    return day if weekday is None else day + timedelta(days=(weekday - day.weekday()) % 7)


def _easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (the algorithm of Meeus, Jones and Butcher)."""
    golden, (century, year_of_century) = year % 19, divmod(year, 100)
    leap_centuries, rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - correction + 15) % 30
    leap_years, odd_years = divmod(year_of_century, 4)
    weekday = (32 + 2 * rest + 2 * leap_years - epact - odd_years) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _day_of_holiday(rule: tuple[int, ...], found: _Found) -> date | None:
    """Return the day of a holiday: a day of a month, the first weekday from one on, or so many days after Easter."""
    if len(rule) == 1:
        days = timedelta(days=rule[0])
        years = () if found.today is None else (found.today.year - 1, found.today.year, found.today.year + 1)
        nearby = [_easter(year) + days for year in years]
        resolved = (found.resolve(near.month, near.day, None) for near in nearby)
        return next((day for day in resolved if day in nearby), None)
    month, day, *weekday = rule
    first = found.resolve(month, day, None)
    return first and _weekday_from(first, weekday[0] if weekday else None)


def _nth_weekday(match: "re.Match[str]", found: _Found) -> date | None:
    """Return the first, second, … or last such weekday of a month."""
    nth, weekday = _ordinal_numbers()[match.group("nth")], _weekday_numbers()[match.group("weekday")]
    year = _full_year(match.group("year"), match.group("short"))
    month = found.resolve(month_numbers()[match.group("month")], 1, year)
    if month is None:
        return None
    if nth == _LAST:
        return _weekday_from(_months_later(month, 1) - _WEEK, weekday)
    value = _weekday_from(month + _WEEK * (nth - 1), weekday)
    return value if value.month == month.month else None


def _day_of_week(number: int, weekday: int, found: _Found) -> date | None:
    """Return a day of a week of the calendar, in the year that suits the day of the message."""
    today = found.today
    if today is None or not 1 <= number <= _WEEKS:
        return None
    # The fourth of January is always in the first week.
    years = (date(year, 1, 4) for year in (today.year - 1, today.year, today.year + 1))
    days = [first + timedelta(days=7 * (number - 1) + weekday - first.weekday()) for first in years]
    if found.direction == FUTURE:
        return next((day for day in days if day >= today - timedelta(days=7)), None)
    return next((day for day in reversed(days) if day <= today + timedelta(days=7)), None)


def _add_relative(found: _Found, today: date) -> None:
    """Add dates that refer to the day of the message."""
    _add_spelled(found, today)
    for match in found.matches("weekday_day"):
        rest = found.folded[match.end() :].lstrip()
        if not rest.startswith((":", "/", "am", "pm", "a.m", "p.m", "uhr", "h ")):
            found.add(
                match, _next_such_day(_weekday_numbers()[match.group("weekday")], int(match.group("day")), found, today)
            )
    for match in found.matches("day"):
        if found.folded[match.end() :].lstrip().startswith(_counted()):
            continue  # "on 5th Avenue"
        value = _next_such_day(None, int(match.group("day")), found, today)
        start = match.start() if match.group().startswith("the ") else match.start("day")
        found.add(match, value, start=start, recurs=Recurrence.MONTHLY)
    _add_later_days(found, today)
    _add_weekdays(found, today)
    _add_days_near(found, today)


@lru_cache(maxsize=1)
def _counted() -> tuple[str, ...]:
    return tuple(terms("counted"))


def _add_weekdays(found: _Found, today: date) -> None:
    for match in found.matches("weekday_next_week"):
        weekday = _weekday_numbers()[match.group("weekday") or match.group("weekday_b")]
        value = today + timedelta(days=7 - today.weekday() + weekday)
        found.add(match, value if found.direction == FUTURE else None, is_relative=True)
    for match in found.matches("weekday"):
        if match.group("weekday") not in _weekdays_in(found.languages) or _is_common_word(match, found.folded):
            continue  # French "mon" is no Monday, nor is "the sun" a day.
        weekday = _weekday_numbers()[match.group("weekday")]
        ahead, ago = (weekday - today.weekday()) % 7 or 7, (today.weekday() - weekday) % 7 or 7
        if match.group().startswith("next ") and weekday > today.weekday():
            ahead += 7  # "Next Friday" is not the one of this week.
        value = today + timedelta(days=ahead if found.direction == FUTURE else -ago)
        found.add(match, value, is_relative=True, recurs=Recurrence.WEEKLY)
    for match in found.matches("asian_weekday"):
        weekday = _weekday_numbers()[match.group("weekday")]
        ahead = 7 - today.weekday() + weekday if match.group("next") else (weekday - today.weekday()) % 7 or 7
        recurs = None if match.group("next") else Recurrence.WEEKLY
        found.add(match, today + timedelta(days=ahead), is_relative=True, recurs=recurs)


def _is_common_word(match: "re.Match[str]", folded: str) -> bool:
    """Tell whether a short name of a weekday that is a word of its own stands where a day need not be told."""
    if match.group() not in terms("weekdays_and_words"):
        return False
    before, after = folded[: match.start()].rstrip(" ("), folded[match.end() :]
    is_told = not before or before[-1] in "-,;:/" or before.rpartition(" ")[2] in terms("before_short_weekday")
    return not is_told and after[:1] not in ("-", "/", ".", ",")


def _add_days_near(found: _Found, today: date) -> None:
    """Add today and the days after it, and the day after another date ("until 25 October, back the next day")."""
    # What may hold another of these words comes first ("heute morgen", "the day after tomorrow").
    for days, kind in ((2, "day_after_tomorrow"), (0, "today"), (1, "tomorrow"), (-1, "yesterday")):
        known = {word for language in found.languages for word in lexicon(language).terms.get(kind, ())}
        for match in found.matches(kind):
            if match.group() in known:  # French "hier" is not the German one.
                found.add(match, today + timedelta(days=days), is_relative=True)
    for match in found.matches("next_day") if found.direction == FUTURE else ():
        earlier = found.latest_before(match) or today
        found.add(match, earlier + timedelta(days=1), recurs=Recurrence.DAILY)


def _add_later_days(found: _Found, today: date) -> None:
    """Add a bare day of a month: behind another date ("from 10 to 21 August, back on the 24th"), or at an end."""
    for match in found.matches("later_day"):
        rest = found.folded[match.end() - 1 :].lstrip()
        if rest.startswith(("uhr", "h ", "u ")):
            continue
        earlier = found.latest_before(match)
        if earlier:
            found.add(match, _same_or_next_month(earlier, int(match.group("day"))))
        elif found.direction == FUTURE and not rest[:1].isalnum():
            found.add(match, _same_or_next_month(today, int(match.group("day"))), recurs=Recurrence.MONTHLY)


_DAYS_OF_MONTH, _DAYS_OF_YEAR = 30, 365


def _add_durations(found: _Found, today: date) -> None:
    """Add the ends of times that begin today ("for two weeks"), and days some time away ("in a month")."""
    if found.direction == PAST:
        return
    # "Away two weeks from today" is a time that begins today.
    for kind in ("duration", "ahead"):
        for match in found.matches(kind):
            *_, length = _length_pattern().finditer(match.group())
            days, count = _duration_days()[length.group("unit")], length.group("count")
            if count is None and length.group("unit") not in _single_units():
                continue
            count = count or "1"
            number = int(count) if count.isdecimal() else _counts()[count]
            if days in (_DAYS_OF_MONTH, _DAYS_OF_YEAR):
                value = _months_later(today, number * (days // _DAYS_OF_MONTH))
            else:
                value = today + timedelta(days=days * number)
            found.add(match, value, is_relative=True, is_duration=kind == "duration")


def _months_later(day: date, months: int) -> date:
    total = day.month - 1 + months
    year, month = day.year + total // _MONTHS, total % _MONTHS + 1
    return next(value for last in (day.day, 30, 29, 28) if (value := _make(year, month, last)) is not None)


def _end_of(name: str | None, year: int | None, found: _Found) -> date | None:
    """Return the last day of a month, or of this week, month or year."""
    today, period = found.today, _periods().get(name or "")
    if name is None or today is None or (period and found.direction == PAST):
        return None
    if period == "week":
        return today + timedelta(days=(_FRIDAY - today.weekday()) % 7)
    if period == "year":
        return date(today.year, 12, 31)
    first = today.replace(day=1) if period else found.resolve(month_numbers()[name], 1, year) or today
    return _months_later(first, 1) - timedelta(days=1)


def _next_such_day(weekday: int | None, day: int, found: _Found, today: date) -> date | None:
    """Return the nearest day of a month ("the 26th") that falls on a weekday, if one is given.

    With a weekday it may also lie a little on the other side ("from Monday the 12th"), or further away.
    """
    ahead = (step * found.direction for step in range(_NEAR_DAYS))
    behind = (-step * found.direction for step in range(_BEHIND_DAYS))
    further = (step * found.direction for step in range(_NEAR_DAYS, _FAR_DAYS))
    days = (today + timedelta(days=step) for step in (*ahead, *(() if weekday is None else (*behind, *further))))
    return next(
        (candidate for candidate in days if candidate.day == day and weekday in (None, candidate.weekday())), None
    )


def first_after(stated: StatedDate, day: date) -> date | None:
    """Return the first day after another on which a date that recurs falls; one that does not is what it is."""
    if stated.value is None or stated.recurs is None or stated.value > day:
        return stated.value
    if stated.recurs == Recurrence.DAILY:
        return day + timedelta(days=1)
    if stated.recurs == Recurrence.WEEKLY:
        return stated.value + _WEEK * ((day - stated.value) // _WEEK + 1)
    return _same_or_next_month(day + timedelta(days=1), stated.value.day)


@lru_cache(maxsize=1)
def _whole_month() -> "re.Pattern[str]":
    months = alternatives(name for name in month_numbers() if name.isascii())
    whole = alternatives(terms("whole_month"))
    return re.compile(rf"\b(?:{whole}) (?P<month>{months})\b(?! ?\d\d?\b)(?:,? (?P<year>20\d\d)\b)?", re.ASCII)


def end_of_whole_month(folded: str, today: date | None) -> date | None:
    """Return the last day of the month that a sentence names as a whole ("out through March", "the rest of May").

    It is none of the dates of a text: what goes on through a month need not end with it.
    """
    match = _whole_month().search(folded)
    if match is None or today is None:
        return None
    month = _resolve(month_numbers()[match.group("month")], 1, _full_year(match.group("year")), today, FUTURE)
    return month and _months_later(month, 1) - timedelta(days=1)


def find_dates(
    text: str,
    today: date | None,
    direction: int = FUTURE,
    *,
    month_first: bool | None = None,
    languages: Collection[str] = LANGUAGES,
) -> tuple[StatedDate, ...]:
    """Return the dates of a text in order: see ``dates_in``."""
    return dates_in(fold(text), today, direction, month_first=month_first, languages=tuple(languages))


def dates_in(
    folded: str, today: date | None, direction: int, *, month_first: bool | None, languages: tuple[str, ...]
) -> tuple[StatedDate, ...]:
    """Return the dates of a folded text in order; a longer form at a place wins over a shorter one.

    Args:
        folded: One sentence.
        today: The day of the message, null where it has none: then no year is guessed.
        direction: ``FUTURE`` or ``PAST``: where a date without a year is looked for.
        month_first: The order of ``10/11``; null where nothing tells it.
        languages: The languages in which a word alone can be a weekday.
    """
    possible = _matches_in(folded)
    if not possible:
        return ()
    found = _Found(folded, possible, today, direction, month_first=month_first, languages=languages)
    _add_numbered(found)
    _add_asian(found)
    _add_named_months(found)
    _add_slashed(found)
    if today is not None:
        _add_relative(found, today)
    return tuple(sorted(found.dates, key=lambda stated: stated.start))
