"""Answers that were given before are not asked for again."""

import json
import stat
from dataclasses import replace
from datetime import date

import pytest

from autoresponder_dagster.clients.llm import cache
from autoresponder_dagster.clients.llm.cache import CachedReader
from autoresponder_dagster.determination.second_opinion import Answer, Question
from autoresponder_dagster_tests.emulators.llm.app import answer

QUESTION = Question(
    "jmarrow@harbor.example", "John Marrow", date(2026, 10, 14), "", "I have left Harbor.\nGood luck!", "John"
)


class Scripted:
    """A reader that answers every message alike, and counts."""

    def __init__(self, given=None):
        self.answer = given and Answer.model_validate(given)
        self.asked = []

    def read(self, questions):
        self.asked.extend(questions)
        return [self.answer for _ in questions]


@pytest.fixture
def left():
    return Scripted(answer("INACTIVE", "left", "I have left Harbor."))


def test_a_hit_asks_nobody(tmp_path, left):
    first = CachedReader(tmp_path, "m", left).read([QUESTION])
    again = CachedReader(tmp_path, "m", left).read([QUESTION])

    assert again == first == [left.answer]
    assert len(left.asked) == 1


def test_the_same_message_twice_is_asked_about_once(tmp_path, left):
    other = replace(QUESTION, own_words="I have left Harbor.")

    answers = CachedReader(tmp_path, "m", left).read([QUESTION, other, QUESTION])

    assert answers == [left.answer] * 3
    assert left.asked == [QUESTION, other]


def test_another_model_prompt_or_message_is_asked_anew(tmp_path, left, monkeypatch):
    CachedReader(tmp_path, "m", left).read([QUESTION])

    CachedReader(tmp_path, "another", left).read([QUESTION])
    CachedReader(tmp_path, "m", left).read([replace(QUESTION, sender_email="other@harbor.example")])
    monkeypatch.setattr(cache, "PROMPT_VERSION", "another")
    CachedReader(tmp_path, "m", left).read([QUESTION])

    assert len(left.asked) == 4


def test_only_the_answer_is_stored_and_only_for_its_owner(tmp_path, left):
    folder = tmp_path / "answers"
    CachedReader(folder, "m", left).read([QUESTION])

    [stored] = folder.iterdir()
    assert json.loads(stored.read_text("utf-8")) == answer("INACTIVE", "left", "I have left Harbor.")
    assert "Good luck" not in stored.read_text("utf-8")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600


def test_a_failure_is_not_kept(tmp_path, left):
    assert CachedReader(tmp_path, "m", Scripted()).read([QUESTION]) == [None]
    assert list(tmp_path.iterdir()) == []
    assert CachedReader(tmp_path, "m", left).read([QUESTION]) == [left.answer]


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"\xff", b'{"determination": "GONE"}'])
def test_a_broken_file_is_asked_about_and_mended(tmp_path, left, content):
    reader = CachedReader(tmp_path, "m", left)
    reader.read([QUESTION])
    [stored] = tmp_path.iterdir()
    stored.write_bytes(content)

    assert reader.read([QUESTION]) == [left.answer]
    assert Answer.model_validate_json(stored.read_bytes()) == left.answer


def test_a_folder_that_cannot_be_used_costs_answers_nothing(tmp_path, left, caplog):
    (tmp_path / "answers").write_text("a file")

    assert CachedReader(tmp_path / "answers", "m", left).read([QUESTION]) == [left.answer]
    assert "could not be stored" in caplog.text


def test_without_a_reader_only_stored_answers_are_given(tmp_path, left):
    unknown = replace(QUESTION, own_words="Something else.")
    CachedReader(tmp_path, "m", left).read([QUESTION])

    assert CachedReader(tmp_path, "m", None).read([unknown, QUESTION]) == [None, left.answer]
