"""All ways of searching find the same strings."""

import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresponder_dagster.determination.lexicon import LANGUAGES, lexicon
from autoresponder_dagster.determination.literals import automaton_search, gram_search, literal_search, one_by_one

HAS_AUTOMATON = importlib.util.find_spec("ahocorasick_rs") is not None
SEARCHES = [gram_search, one_by_one, *([automaton_search] if HAS_AUTOMATON else [])]
LITERALS = ["left", "eft", "t", "has left", "left ", "has left the firm", "退職", "退職いたし", "ﷺ", "\U0001f3d6", "é"]
PIECES = st.lists(st.sampled_from([*LITERALS, " ", "has", "lef", "退", "firm", "\ud800", "the"]), max_size=8).map(
    "".join
)


@pytest.mark.parametrize("search", SEARCHES)
@given(st.one_of(PIECES, st.text(max_size=20)))
def test_the_literals_that_a_text_holds_are_found(search, text):
    assert sorted(search(LITERALS)(text)) == [number for number, literal in enumerate(LITERALS) if literal in text]


@pytest.mark.parametrize("search", SEARCHES)
def test_nothing_to_look_for(search):
    assert sorted(search([])("text")) == []


@pytest.mark.skipif(not HAS_AUTOMATON, reason="the extra `fast` is not installed")
@given(st.lists(st.text(min_size=1, max_size=6), max_size=12), st.text(max_size=40))
def test_any_literals_are_found_in_any_text_by_either_way(literals, text):
    literals = sorted(set(literals))
    found = sorted(literal_search(literals)(text))
    assert found == sorted(automaton_search(literals)(text)) == sorted(gram_search(literals)(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentences_of_a_lexicon_hold_the_same_literals_whatever_the_way(language):
    entries = lexicon(language).entries
    literals = sorted({word for entry in entries for sentence in entry.match for word in sentence.lower().split()})
    found = [[sorted(search(literals)(entry.match[0].lower())) for entry in entries] for search in SEARCHES]
    assert all(each == found[0] for each in found)
