"""Which title is the news of a message that is known to tell of one."""

import pytest

from autoresponder_dagster.determination.reading import read
from autoresponder_dagster.determination.sender_facts import stated_title

from .messages import build


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("Please change Yard Foreman to Yard Superintendent. Nothing else.", "Yard Superintendent"),
        ('Kindly print "Chief Nurse (Wards)" in place of "Ward Sister".', "Chief Nurse"),
        ("I'm the Finance Director as of Monday; was Controller.", "Finance Director"),
        ("You had me as Deputy Registrar. It's Registrar, since the 6th.", "Registrar"),
        ("I gave the Treasurer's job to Bo Ray and I'm Chief of Staff these days.", "Chief of Staff"),
        ("They made it official: I'm the College's permanent Vice Provost now.", "Vice Provost"),
        ("For the badge: Ann Lee, Head of Maps (previously Sub-editor).", "Head of Maps"),
        ("I stay on as Special Projects Director through the summer.", "Special Projects Director"),
        ("My term as Dean is over. I'm now full-time as Professor of Maps.", "Professor of Maps"),
        ("I am now Permanent Secretary and the post of Deputy Secretary is vacant.", "Permanent Secretary"),
    ],
)
def test_the_new_title_is_found(body: str, title: str) -> None:
    found = stated_title(read(build(body, sender="Ann Lee <ann.lee@acme.example>"), None, None))
    assert found is not None
    assert found.text == title


@pytest.mark.parametrize(
    "body",
    [
        "After nine years as Dean I am teaching again.",
        "The Director is Bo Ray. I look after the maps now.",
        "For unit matters, Interim Director Bo Ray can help.",
        "Managers, please use the portal.",
        "Happy Nurses Week!",
        "I have stopped being Bursar.",
    ],
)
def test_a_title_of_before_or_of_somebody_else_is_none(body: str) -> None:
    assert stated_title(read(build(body, sender="Ann Lee <ann.lee@acme.example>"), None, None)) is None
