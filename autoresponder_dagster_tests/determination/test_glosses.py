"""Glosses: their files are well formed, the longest phrase wins, and marks stay."""

import pytest

from autoresponder_dagster.determination.features import features
from autoresponder_dagster.determination.glosses import GLOSSED, glossed, glosses, read_glosses
from autoresponder_dagster.determination.reading import read
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster_tests.determination.messages import build

FRENCH = read_glosses("parti\tleft\nparti en retraite\tretired\nà\tto\nretraité\tretired\n", "glosses_fr.tsv")


@pytest.mark.parametrize(
    ("words", "english"),
    [
        pytest.param("^ %sender est parti $", "^ %sender est left $", id="a word"),
        pytest.param("^ parti en retraite $", "^ retired $", id="the longest phrase"),
        pytest.param("^ parti en #weekday $", "^ left en #weekday $", id="no whole phrase"),
        pytest.param("subject:parti subject:en subject:retraite", "subject:retired", id="a subject line"),
        pytest.param("^ bonjour $", "", id="nothing known"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_english_stands_in_the_place_of_words_and_phrases(words, english):
    assert glossed(tuple(words.split()), FRENCH) == tuple(english.split())


def test_words_are_known_without_their_accents():
    assert glossed(("^", "a", "$"), FRENCH) == ("^", "to", "$")


@pytest.mark.parametrize("language", GLOSSED)
def test_each_language_has_glosses(language):
    known = glosses(language)
    assert len(known.english) > 2_000
    assert all(len(phrase) in known.lengths[phrase[0]] for phrase in known.english)


def test_english_needs_none():
    assert features(read(build("I have retired."), None, None)).in_english == ()


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("Seit dem 1. Mai bin ich im Ruhestand und lese diese Nachrichten nicht mehr.", "retired"),
        ("Desde mayo estoy jubilada y ya no leo este correo.", "retired"),
        ("私は3月末に定年退職いたしました。", "retired"),
        ("本人已于三月底退休，不再查看此邮箱。", "retired"),
    ],
)
def test_a_message_is_read_in_english_too(body, word):
    found = features(read(build(body, subject=""), None, None))
    assert len(found.in_english) == len(found.sentences)
    assert any(word in words for words in found.in_english)
    assert {word} <= found.all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parti\n", "line 1: write a phrase"),
        ("parti\tleft\tgone\n", "line 1: write a phrase"),
        ("parti\t\n", "line 1: write a phrase"),
        ("parti\tleft\nParti\tgone\n", "line 2: 'parti' has a row already"),
    ],
)
def test_a_malformed_row_is_refused_with_a_word(text, said):
    with pytest.raises(ConfigurationError, match=said):
        read_glosses(text, "glosses_fr.tsv")
