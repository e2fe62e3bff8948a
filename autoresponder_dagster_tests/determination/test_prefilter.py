"""The prefilter: it saves time and hides no match."""

import re
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoresponder_dagster.determination.dates import date_patterns
from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import LANGUAGES, lexicon
from autoresponder_dagster.determination.prefilter import Prefilter, ways_to_match

ENTRIES = [entry for language in LANGUAGES for entry in lexicon(language).entries]
SENTENCES = sorted({fold(sentence) for entry in ENTRIES for sentence in (*entry.match, *entry.no_match)})


def hidden(text):
    """Return the lexicon entries and kinds of date that match a text and that the prefilter leaves out."""
    missed = []
    for language in LANGUAGES:
        candidates = {entry.name for entry in lexicon(language).candidates(text)}
        missed += [e.name for e in lexicon(language).entries if e.name not in candidates and e.pattern.search(text)]
    patterns = list(date_patterns().values())
    possible = Prefilter(patterns).candidates(text)
    return missed + [p.pattern for number, p in enumerate(patterns) if number not in possible and p.search(text)]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_entry_is_tried_on_what_it_matches(entry):
    language = lexicon(entry.name.partition(".")[0])
    for sentence in map(fold, entry.match):
        assert entry in language.candidates(sentence)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_no_match_of_a_pattern_is_hidden(entry):
    """Strings made from the pattern itself, which no example need hold."""
    language = lexicon(entry.name.partition(".")[0])

    @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(re.compile(entry.pattern.pattern, re.ASCII)))
    def every_match_is_tried(text):
        assert entry in language.candidates(text)

    every_match_is_tried()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3).map(" ".join))
def test_the_alternatives_of_a_pattern_match_as_the_whole_does(text):
    for language in LANGUAGES:
        matches = [(entry.name, match.span(), match.groupdict()) for entry, match in lexicon(language).matches(text)]
        assert matches == [
            (entry.name, match.span(), match.groupdict())
            for entry in lexicon(language).entries
            for match in islice(entry.pattern.finditer(text), 3)
        ]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3).map(" ".join),
    st.integers(0, 40),
    st.integers(0, 40),
    st.text(max_size=8).map(fold),
)
def test_no_match_is_hidden_in_broken_sentences(text, start, length, inserted):
    assert hidden(text[:start] + inserted + text[start + length :]) == []


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60).map(fold))
def test_no_match_is_hidden_in_any_text(text):
    assert hidden(text) == []


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        (r"\bleft (?:the )?\S+", [{"left "}]),
        (r"(?:organi[sz]ation|firm)\b", [{"organisation", "organization", "firm"}]),
        (r"\S+ (?:has|have) retired", [{" has retired", " have retired"}]),
        (r"quit \S+ firm", [{"quit "}, {" firm"}]),
        (r"(?:gone){2,}", [{"gone"}]),
        (r"(?:gone)?", []),
        (r"\d+", []),
        (r"(?a:)[0-2]\d?/", [{"/"}, {"0", "1", "2"}]),
        (r"(?a)on \d", [{f"on {digit}" for digit in range(10)}]),
        (r"(?a)[0-2]x", [{"0x", "1x", "2x"}]),
        (r"gone\?*", [{"gone"}]),
        (r"(?i:gone)", []),
    ],
)
def test_what_every_match_contains(pattern, needs):
    assert ways_to_match(re.compile(pattern)) == [needs]


def test_alternatives_are_told_apart_where_that_tells_more():
    ways = ways_to_match(re.compile(r"\b(?:a \S+ b|c \S+ d)"))
    assert sorted(sorted(map(sorted, needs)) for needs in ways) == [[[" b"], ["a "]], [[" d"], ["c "]]]


def test_most_entries_are_not_tried():
    tried = lexicon("en").candidates(fold("The quarterly figures are attached to this note."))
    assert len(tried) < len(lexicon("en").entries) / 4
