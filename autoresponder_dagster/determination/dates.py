"""Dates: the calendar dates that a text states, resolved against the day of the message.

Belongs here: recognising dates in any of the languages at once. Does not belong here: what a date means
(``facts.py``). A date without a year is the one that suits the message's day; without a Date header no
year is guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import LANGUAGES, NO_SPACES, lexicon

PAST, FUTURE = -1, 1
_MAX_DATES = 40


@dataclass(frozen=True)
class StatedDate:
    """A date as it stands in a text. ``value`` is null where the year cannot be known.

    ``is_certain`` is false where the weekday contradicts or the order of day and month is a guess.
    """

    start: int
    end: int
    value: date | None
    is_certain: bool = True
    is_relative: bool = False


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


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


@lru_cache(maxsize=1)
def _patterns() -> dict[str, "re.Pattern[str]"]:
    months = _alternatives(name for name in month_numbers() if name.isascii())
    weekdays = _alternatives(name for name in _weekday_numbers() if name.isascii())
    ordinals = _alternatives(_ordinal_numbers())
    weekday = rf"(?:(?P<weekday>{weekdays})\b\.?,?(?: the| den| der| il| le| el| dem| dnia)? ?\(?)?"
    year = r"(?:,? ?(?:de |del |do |anno )?(?P<year>(?:19|20)\d\d)\b|,? ?'(?P<short>\d\d)\b)?"
    day = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|re|:?e|ste|de|o|a|\u00b0)?\.?"
    return {
        name: re.compile(pattern, re.ASCII)
        for name, pattern in {
            "iso": r"\b(?P<year>20\d\d|19\d\d)[-/.](?P<month>[01]?\d)[-/.](?P<day>[0-3]?\d)\b",
            "cjk": r"(?:(?P<year>20\d\d|19\d\d)年)?(?P<month>[01]?\d)月(?P<day>[0-3]?\d)[日号號]",
            "day_month": rf"\b{weekday}{day}(?: of| de| den| dni| di|-)? ?(?P<month>{months})\b\.?{year}",
            "month_day": rf"\b{weekday}(?P<month>{months})\b\.? (?:the )?(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b(?: ?\(?(?:-|to|through|thru|until|and)\)? ?(?P<day_to>[0-3]?\d)(?:st|nd|rd|th)?\b)?{year}",
            "ordinal_word": rf"\b{weekday}(?:the )?(?P<day_word>{ordinals}) (?:day )?of (?P<month>{months})\b{year}"
            if ordinals
            else r"(?!)a^",
            "numeric": rf"\b{weekday}(?P<a>[0-3]?\d)(?P<sep>[/.-])(?P<b>[0-3]?\d)(?:(?P=sep)(?P<year>(?:19|20)\d\d|\d\d)\b)?",
            "weekday_day": rf"\b(?P<weekday>{weekdays})\b,? (?:the |den |dem |der |il |le |el |dia |op |d\. )?(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|o|\.)?(?:\b|(?= |$))",
            "weekday": rf"\b(?:(?P<next>next|nachsten|kommenden|prochain|proximo|proxima|prossimo|volgende|nasta|przyszly|przyszla) )?(?P<weekday>{weekdays})\b(?P<after> prochain| que viene| prossimo| next| proximo)?",
            "tomorrow": r"\b(?:tomorrow|morgen|demain|manana|amanha|domani|jutro|imorgon|i morgon)\b",
            "today": r"\b(?:this (?:afternoon|evening|morning)|later today|tonight|today|heute|aujourd'hui|oggi|hoy|hoje|vandaag|dzisiaj|dzis|idag)\b|本日|今日|今天",
            "thanksgiving": r"\b(?:(?P<weekday>monday|tuesday|wednesday|thursday|friday) )?after thanksgiving\b",
        }.items()
    }


@lru_cache(maxsize=1)
def _asian_weekdays() -> "re.Pattern[str]":
    return re.compile(
        "(下周|下週|来週の?|下个?星期)?(" + _alternatives(n for lang in NO_SPACES for n in lexicon(lang).weekdays) + ")"
    )


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
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _order(
    a: int,
    b: int,
    weekday: int | None,
    year: int | None,
    today: date | None,
    direction: int,
    prefer_month_first: bool | None,
) -> tuple[date | None, bool]:
    """Resolve ``a/b``: by what is possible, then the weekday, then the habit of the place, then nearness."""
    day_first = _resolve(b, a, year, today, direction) if 1 <= b <= 12 and 1 <= a <= 31 else None
    month_first = _resolve(a, b, year, today, direction) if 1 <= a <= 12 and 1 <= b <= 31 else None
    if day_first is None or month_first is None or day_first == month_first:
        chosen = day_first or month_first
        return chosen, chosen is not None and (weekday is None or chosen.weekday() == weekday)
    if weekday is not None and (day_first.weekday() == weekday) != (month_first.weekday() == weekday):
        return (day_first if day_first.weekday() == weekday else month_first), True
    if prefer_month_first is not None:
        chosen = month_first if prefer_month_first else day_first
        other = day_first if prefer_month_first else month_first
        if today is not None and abs((chosen - today).days) > 300 and abs((other - today).days) < 120:
            return other, False
        return chosen, True
    if today is None:
        return None, False
    return min((day_first, month_first), key=lambda found: abs((found - today).days)), False


def month_first_habit(text: str, language: str | None, utc_offset: float | None) -> bool | None:
    """Tell the order of day and month in a text: by a number above twelve, else by language and zone."""
    first = second = 0
    for found in re.finditer(r"\b([0-3]?\d)[/.-]([0-3]?\d)(?:[/.-]\d{2,4})?\b", text):
        a, b = int(found.group(1)), int(found.group(2))
        first += 12 < a <= 31 and b <= 12
        second += 12 < b <= 31 and a <= 12
    if first != second:
        return second > first
    if language is not None and language != "en":
        return False
    if utc_offset is not None:
        return -11 <= utc_offset <= -4
    return None


def find_dates(
    text: str, today: date | None, direction: int = FUTURE, month_first: bool | None = None
) -> list[StatedDate]:
    """Return the dates of a text in order; a longer form at a place wins over a shorter one."""
    folded = fold(text)
    patterns = _patterns()
    months, weekdays = month_numbers(), _weekday_numbers()
    found: list[StatedDate] = []

    def add(start: int, end: int, value: date | None, certain: bool = True, relative: bool = False) -> None:
        if len(found) < _MAX_DATES and all(end <= other.start or start >= other.end for other in found):
            found.append(StatedDate(start, end, value, certain, relative))

    for kind in ("iso", "cjk"):
        for match in patterns[kind].finditer(folded):
            year = _full_year(match.group("year"))
            value = _resolve(int(match.group("month")), int(match.group("day")), year, today, direction)
            if value is not None:
                add(match.start(), match.end(), value)
    for kind in ("month_day", "day_month", "ordinal_word"):
        for match in patterns[kind].finditer(folded):
            groups = match.groupdict()
            day = (
                _ordinal_numbers()[groups["day_word"]]
                if groups.get("day_word")
                else int(groups.get("day_to") or groups["day"])
            )
            value = _resolve(
                months[groups["month"]], day, _full_year(groups["year"], groups["short"]), today, direction
            )
            if value is None and today is not None:
                continue
            weekday = weekdays.get(groups["weekday"] or "")
            add(match.start(), match.end(), value, weekday is None or value is None or value.weekday() == weekday)
    for match in patterns["numeric"].finditer(folded):
        groups = match.groupdict()
        if groups["sep"] == "-" and not groups["year"]:
            continue
        if groups["sep"] == "." and not groups["year"] and not folded[match.end() : match.end() + 1] == ".":
            continue
        before = folded[match.start() - 1 : match.start()]
        if before in ("/", ".", "-", ":", "+", "(") and before != "(":
            continue
        value, certain = _order(
            int(groups["a"]), int(groups["b"]), weekdays.get(groups["weekday"] or ""), _full_year(groups["year"]), today, direction,
            False if groups["sep"] == "." else month_first,
        )  # fmt: skip
        if value is not None:
            add(match.start(), match.end(), value, certain)
    if today is not None:
        for match in patterns["thanksgiving"].finditer(folded):
            november = date(today.year, 11, 1)
            holiday = november + timedelta(days=(3 - november.weekday()) % 7 + 21)
            wanted = weekdays.get(match.group("weekday") or "monday", 0)
            add(match.start(), match.end(), holiday + timedelta(days=(wanted - holiday.weekday()) % 7 or 7))
        for match in patterns["weekday_day"].finditer(folded):
            weekday, day = weekdays[match.group("weekday")], int(match.group("day"))
            following = folded[match.end() : match.end() + 2].lstrip()
            if following[:1] in (":", "/") or re.match(r"(?:am|pm|h|uhr|a\.m|p\.m)", folded[match.end() :].lstrip()):
                continue
            value = next(
                (
                    candidate
                    for step in range(0, 62)
                    if (candidate := today + timedelta(days=step * direction)).day == day
                    and candidate.weekday() == weekday
                ),
                None,
            )
            if value is not None:
                add(match.start(), match.end(), value)
        for match in patterns["weekday"].finditer(folded):
            weekday = weekdays[match.group("weekday")]
            if len(match.group("weekday")) < 4 and not match.group("weekday").isascii():
                continue
            if direction == FUTURE:
                value = today + timedelta(days=(weekday - today.weekday()) % 7 or 7)
            else:
                value = today - timedelta(days=(today.weekday() - weekday) % 7 or 7)
            add(match.start(), match.end(), value, relative=True)
        for match in patterns["tomorrow"].finditer(folded):
            add(match.start(), match.end(), today + timedelta(days=1), relative=True)
        for match in patterns["today"].finditer(folded):
            add(match.start(), match.end(), today, relative=True)
        for match in _asian_weekdays().finditer(folded):
            weekday = weekdays[match.group(2)]
            ahead = (weekday - today.weekday()) % 7 or 7
            if match.group(1):
                ahead = 7 - today.weekday() + weekday
            add(match.start(), match.end(), today + timedelta(days=ahead), relative=True)
        for match in re.finditer(r"明日|明天", folded):
            add(match.start(), match.end(), today + timedelta(days=1), relative=True)
    return sorted(found, key=lambda stated: stated.start)
