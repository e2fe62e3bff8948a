"""Folding keeps offsets, whatever the text."""

from hypothesis import given
from hypothesis import strategies as st

from autoresponder_dagster.determination.folding import fold


@given(st.text())
def test_folded_text_has_the_length_of_the_original(text):
    assert len(fold(text)) == len(text)


def test_latin_letters_fold_to_ascii():
    assert fold("Ärger mit Ørsted, Łódź, garçon, ß") == "arger mit orsted, lodz, garcon, s"


def test_typographic_signs_fold_to_plain_ones():
    assert fold("I\u2019m \u201cback\u201d \u2014 really\uff1a") == 'i\'m "back" - really:'


def test_traditional_chinese_folds_to_simplified():
    assert fold("業務離職，電郵") == fold("业务离职，电邮")
