"""Whose words they are."""

import pytest

from autoresponder_dagster.determination.lexicon import lexicon
from autoresponder_dagster.determination.own_words import divide, split_sentences

QUOTES = [
    ("en", "I am here.\n\nOn Tue, Oct 13, 2026 at 8:00 AM Press <p@press.example> wrote:\nHe has left."),
    ("en", "I am here.\n\n-----Original Message-----\nFrom: x\nHe has left."),
    ("en", "I am here.\n\nFrom: Press\nSent: Tuesday\nTo: me\nSubject: x\n\nHe has left."),
    ("en", "I am here.\n> He has left."),
    ("en", "I am here.\n\n>>> Press <p@press.example> 10/14/26 8:06 AM >>>\nHe has left."),
    ("de", "Ich bin da.\n\nAm 13.10.2026 um 08:00 schrieb Verlag <p@press.example>:\nHe has left."),
    ("de", "Ich bin da.\n\nVon: Verlag\nGesendet: Dienstag\nAn: mich\nBetreff: x\n\nHe has left."),
    ("fr", "Je suis là.\n\nLe mar. 13 oct. 2026 à 08:00, Presse <p@press.example> a écrit :\nHe has left."),
    ("es", "Aquí estoy.\n\nEl mar, 13 oct 2026 a las 8:00, Prensa (<p@press.example>) escribió:\nHe has left."),
    ("ja", "おります。\n\n差出人: 出版\n送信日時: 火曜日\n宛先: 私\n件名: x\n\nHe has left."),
]


@pytest.mark.parametrize(("language", "text"), QUOTES)
def test_quoted_originals_are_set_apart(language, text):
    divided = divide(text, [lexicon(language)])
    assert "He has left" not in divided.own
    assert "He has left" in divided.quoted


def test_signature_and_footer_are_set_apart():
    text = "I have left.\n\nKind regards,\nJohn Marrow\nDirector\n\nCONFIDENTIAL: for the intended recipient only."
    divided = divide(text, [lexicon("en")], frozenset({"john", "marrow"}))
    assert divided.own == "I have left."
    assert "Director" in divided.signature


def test_a_footer_between_paragraphs_is_no_evidence():
    divided = divide("I am here.\n\nThis e-mail is confidential and privileged.\n\nWrite again soon.", [lexicon("en")])
    assert divided.own == "I am here.\nWrite again soon."
    assert "confidential" in divided.footer


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Dr. Lee left. Call Mr. Roe at 5 p.m. on Monday.", ["Dr. Lee left.", "Call Mr. Roe at 5 p.m. on Monday."]),
        ("Ich bin zum 31. August ausgeschieden. Danke.", ["Ich bin zum 31. August ausgeschieden.", "Danke."]),
        ("I left on May 10. Ann took over.", ["I left on May 10.", "Ann took over."]),
        ("退職しました。後任は鈴木です。", ["退職しました。", "後任は鈴木です。"]),
        ("Write to a@b.example. Thanks", ["Write to a@b.example.", "Thanks"]),
    ],
)
def test_sentences(text, sentences):
    assert split_sentences(text) == sentences


def test_wrapped_lines_are_one_sentence_and_list_items_are_not():
    divided = divide(
        "I have left the Guild and will not be\nreading this.\n\n- Tax: Ann Lee\n- Law: Bo Roe", [lexicon("en")]
    )
    assert [sentence.text for sentence in divided.sentences] == [
        "I have left the Guild and will not be reading this.", "- Tax: Ann Lee", "- Law: Bo Roe",
    ]  # fmt: skip
