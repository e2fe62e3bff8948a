"""Who writes: the sender, or somebody else from the sender's mailbox."""

import pytest

from autoresponder_dagster.determination.lexicon import lexicon
from autoresponder_dagster.determination.own_words import divide
from autoresponder_dagster.determination.people import identity_of
from autoresponder_dagster.determination.statements import find_statements
from autoresponder_dagster.determination.writers import (
    find_writer,
    is_signed_by,
    is_told_by_another,
    name_at_end,
    signer,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("John is at sea until March.\n\nNoreen", "Noreen"),
        ("John is at sea until March.\n\nNoreen (the sister)", "Noreen"),
        ("John is at sea until March. I only open the post. /Noreen", "Noreen"),
        ("Mr Marrow is at sea.\n\nRegards\nAnn Lee, secretary to the warden", "Ann Lee"),
        ("This is Ann from the front desk. He is at sea.", "Ann"),
        ("John Marrow here. I am at sea until March.\n\nJack", None),
        ("I am at sea until March; write to john.marrow@sea.example.\n\nNoreen", None),
        ("I am at sea until March, and John Tully is, too.\n\nJohn", None),
    ],
)
def test_who_signs_a_text_that_speaks_of_the_sender_writes_it(text, name):
    identity = identity_of("jmarrow@harbor.example", "John Marrow")
    lexicons = [lexicon("en")]
    assert find_writer(divide(text, lexicons, identity.tokens), lexicons, identity) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Yes, please.\n\nBest wishes\nAnn Lee\nClerk", "Ann Lee"),
        ("Yes, please.\n\nAnn, Clerk's office", "Ann"),
        ("Yes, please.\n\nThank you!", None),
        ("Yes, please.\n\nThe secretariat", None),
        ("Yes, please.", None),
    ],
)
def test_the_name_below_a_text(text, name):
    lexicons = [lexicon("en")]
    assert signer(divide(text, lexicons), lexicons) == name


@pytest.mark.parametrize(("name", "is_sender"), [("Mel", True), ("M. Sharp", True), ("Bob", False), ("Sue", False)])
def test_a_name_in_short_is_the_senders(name, is_sender):
    assert is_signed_by(name, identity_of("msharp@harbor.example", "Melanie Sharp")) is is_sender


def test_a_nickname_is_the_senders():
    assert is_signed_by("Bob", identity_of("rsharp@harbor.example", "Robert Sharp"))


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("Warden Marrow retired in June. I am clearing his mailbox.", True),
        ("John has left the company. I took over from him.\n\nAnn Lee", True),
        ("John Marrow has retired, they say. This is John Marrow, and I have not.", False),
        ("John Marrow has left the company. I will miss you.\n\nJohn Marrow", False),
        ("I have left the company.", False),
    ],
)
def test_who_tells_of_the_sender_by_name_is_another(text, is_told):
    lexicons = [lexicon("en")]
    identity = identity_of("jmarrow@harbor.example", "John Marrow")
    own = divide(text, lexicons, identity.tokens)
    statements = find_statements(own.sentences, lexicons, identity)
    assert is_told_by_another(statements, own, lexicons, identity) is is_told


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("He retired. Please fix.\n\nAnn Lee, RN", "Ann Lee"),
        ("He retired. I took over from him. Please change it to: Ann Lee, a.lee@harbor.example.", "Ann Lee"),
        ("He retired.\n\nJohn Marrow", None),
    ],
)
def test_who_writes_is_named_at_the_end(text, name):
    identity = identity_of("jmarrow@harbor.example", "John Marrow")
    lexicons = [lexicon("en")]
    assert name_at_end(divide(text, lexicons, identity.tokens), lexicons, identity) == name
