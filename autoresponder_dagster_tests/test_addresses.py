"""Addresses: which mailboxes are an office's, by their name alone."""

import pytest

from autoresponder_dagster.addresses import is_role_mailbox


@pytest.mark.parametrize(
    "local",
    [
        "info",
        "sales-emea",
        "office.smith",
        "ufficiotecnico",
        "depto.filosofia",
        "stadtverwaltung",
        "dept-chem",
        "itdesk",
    ],
)
def test_offices_are_known_by_what_their_mailbox_is_called(local):
    assert is_role_mailbox(f"{local}@acme.example")


@pytest.mark.parametrize("local", ["ann.lee", "e.root", "m.bauverwaltung", "vincenzo", "t.bureau", "laura.desking"])
def test_people_are_no_offices(local):
    assert not is_role_mailbox(f"{local}@acme.example")


def test_the_names_of_a_policy_take_the_place_of_the_usual_ones():
    assert is_role_mailbox("gate7@acme.example", ["gate7"])
    assert not is_role_mailbox("info@acme.example", ["gate7"])
