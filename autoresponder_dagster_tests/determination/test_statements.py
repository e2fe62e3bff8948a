"""Grammar around a match: who, polarity, time."""

import pytest

from autoresponder_dagster.determination.lexicon import DEPARTED, lexicon
from autoresponder_dagster.determination.own_words import divide
from autoresponder_dagster.determination.people import identity_of
from autoresponder_dagster.determination.statements import Statement, find_aliases, find_statements
from autoresponder_dagster.determination.subjects import Who
from autoresponder_dagster.determination.writers import is_written_by


def departures(
    text: str, language: str = "en", name: str = "John Marrow", email: str = "jmarrow@harbor.example"
) -> list[Statement]:
    lexicons = [lexicon(language)]
    sentences = divide(text, lexicons).sentences
    identity = identity_of(email, name)
    identity = identity.with_aliases(find_aliases(sentences, lexicons))
    identity = identity._replace(
        is_of_family=is_written_by("family_writer", divide(text, lexicons), lexicons, identity)
    )
    return [statement for statement in find_statements(sentences, lexicons, identity) if statement.means in DEPARTED]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("I have left the company.", Who.SENDER),
        ("John Marrow has left the company.", Who.SENDER),
        ("Mr. Marrow retired in June.", Who.SENDER),
        ("Ann Tully has left the company.", Who.THIRD),
        ("My father passed away.", Who.THIRD),
        ("Our former director retired last year.", Who.THIRD),
        ("My colleague left the company in May.", Who.THIRD),
        ("I am sorry to say that Ann Tully has left the company.", Who.THIRD),
        ("The person you are trying to reach has left the company.", Who.SENDER),
        ("No longer with the company.", Who.IMPLICIT),
        ("Ann Tully covered for me and has since left for graduate school.", Who.THIRD),
        ("John was a friend to all. He passed away on Sunday.", Who.SENDER),
        ("Ann Tully was a friend to all. She passed away on Sunday.", Who.THIRD),
        ("I was his assistant; this is Jo, answering from Jack's inbox. Jack has left the company.", Who.SENDER),
        ("My appointment at Harbor has come to an end.", Who.SENDER),
        ("Since Labor Day I have left the company.", Who.SENDER),
        ("My colleague Ann Marrow has left the company.", Who.THIRD),
        ("I am John's daughter. Dad passed away on Sunday.", Who.SENDER),
    ],
)
def test_who_left(text, who):
    assert {statement.who for statement in departures(text)} == {who}


@pytest.mark.parametrize(
    "text",
    [
        "I have left you a message.",
        "I no longer work Fridays.",
        "If I have left the company, write to Ann.",
        "Have I left the company?",
        "Two seats are left in October.",
        "This address has been retired.",
    ],
)
def test_no_departure_is_stated(text):
    assert departures(text) == []


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("I have left the office for the day.", "is_temporary"),
        ("Perhaps Ann has left the company.", "is_hedged"),
        ("I have resigned from the board.", "is_partial"),
    ],
)
def test_marks_that_weaken_a_departure(text, mark):
    assert departures(text)
    assert all(getattr(statement, mark) for statement in departures(text))


@pytest.mark.parametrize(
    "text",
    [
        "I have resigned as of this afternoon.",
        "I finished at Harbor today after 24 years.",
        "I left the Harbor Division.",
    ],
)
def test_departures_that_nothing_weakens(text):
    found = departures(text)
    assert any(not (s.is_temporary or s.is_partial or s.is_hedged or s.is_negated) for s in found)


@pytest.mark.parametrize(
    ("language", "text", "who"),
    [
        ("de", "Zum 30.09.2026 ist Frau Sander aus dem Verband ausgeschieden.", Who.SENDER),
        ("de", "Unser Kollege Karl Beck ist aus dem Verband ausgeschieden.", Who.THIRD),
        ("fr", "Mme Sander a quitté la mairie.", Who.SENDER),
        ("fr", "Ma collègue Claire Denis a quitté la mairie.", Who.THIRD),
        ("es", "La Sra. Sander ya no trabaja en la Cámara.", Who.SENDER),
        ("it", "La dott.ssa Sander non lavora più presso l'Ente.", Who.SENDER),
        ("nl", "Ute Sander is niet meer werkzaam bij de gemeente.", Who.SENDER),
        ("sv", "Ute Sander har lämnat förbundet.", Who.SENDER),
        ("pl", "Pani Ute Sander zakończyła pracę w Izbie.", Who.SENDER),
    ],
)
def test_who_left_in_other_languages(language, text, who):
    found = departures(text, language, "Ute Sander", "u.sander@verein.example")
    assert {statement.who for statement in found} == {who}
