"""Addresses in text."""

import pytest

from autoresponder_dagster.determination.mailboxes import find_mailboxes, is_personal, names_match, spelled_words


@pytest.mark.parametrize(
    ("text", "emails"),
    [
        ("write to Ann.Lee@Harbor.example.", ["ann.lee@harbor.example"]),
        ("a@b.example<mailto:a@b.example>", ["a@b.example", "a@b.example"]),
        ("邮箱：zhou@linhai.example职务", ["zhou@linhai.example"]),
        ("jonas DOT lee AT harbor DOT example", ["jonas.lee@harbor.example"]),
        ("jonas.lee [at] harbor [dot] example", ["jonas.lee@harbor.example"]),
        ("jonas.lee(at)harbor.example", ["jonas.lee@harbor.example"]),
        ("s.berthaud[arobase]mairie.example", ["s.berthaud@mairie.example"]),
        ("meet me at noon in harbor dot com land", []),
        ("@handle and user@localhost", []),
        ("at the office at 5", []),
    ],
)
def test_find(text, emails):
    assert [box.email for box in find_mailboxes(text)] == emails


@pytest.mark.parametrize(
    ("email", "name", "fits"),
    [
        ("s.roettgers@x.example", "Svenja Röttgers", True),
        ("tblankenship@x.example", "Theodora Blankenship", True),
        ("tori@x.example", "Tori", True),
        ("jd@x.example", "Jane Doe", True),
        ("hle@x.example", "Hoa Le", True),
        ("board@x.example", "Board Secretariat", False),
        ("office@x.example", "Jane Doe", False),
    ],
)
def test_names_match(email, name, fits):
    assert names_match(email, name) is fits


@pytest.mark.parametrize(
    ("email", "name", "words"),
    [
        ("ann.lee@x.example", "Plant Manager Ann Lee", (2, 4)),
        ("alee@x.example", "Ann Lee Port Captain", (0, 2)),
        ("lee.ann@x.example", "Ann Lee", (0, 2)),
        ("b.deboer@x.example", "Bas de Boer", (0, 3)),
        ("k.muellner@x.example", "Notarin Käthe Müllner", (1, 3)),
        ("ann@x.example", "Tagged Ann Lee", (1, 3)),
        ("lee@x.example", "Ngoc Anh Lee", None),
        ("office@x.example", "Ann Lee", None),
    ],
)
def test_words_that_an_address_spells(email, name, words):
    assert spelled_words(email, name) == words


@pytest.mark.parametrize(
    ("email", "names", "personal"),
    [
        ("info@harbor.example", ["Ann Info"], False),
        ("k.lindell@harbor.example", [], True),
        ("history@harbor.example", [], False),
        ("tori@harbor.example", ["Tori"], True),
    ],
)
def test_a_persons_mailbox(email, names, personal):
    assert is_personal(email, "h.farthing@harbor.example", names) is personal
