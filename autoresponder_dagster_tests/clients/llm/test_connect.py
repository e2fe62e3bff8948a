"""Which form a mode gives, and which settings are refused."""

import sys
from datetime import date

import pytest

from autoresponder_dagster.clients.llm.connect import open_second_reader
from autoresponder_dagster.clients.llm.settings import ChatSettings
from autoresponder_dagster.determination.second_opinion import Question
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster_tests.emulators.llm.app import API_KEY

QUESTION = Question("jmarrow@harbor.example", None, date(2026, 10, 14), "", "I have left Harbor.", "")


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.READ_ONLY])
def test_a_real_mode_asks_with_the_key_of_the_environment(llm, tmp_path, mode):
    reader = open_second_reader(mode, ChatSettings(llm.base_url, "emulated"), tmp_path)

    [answer] = reader.read([QUESTION])

    assert answer.determination == "UNKNOWN"
    assert llm.asked[0].headers["authorization"] == f"Bearer {API_KEY}"


def test_mock_opens_no_socket_but_knows_what_was_answered(llm, tmp_path):
    settings = ChatSettings(llm.base_url, "emulated")

    assert open_second_reader(Mode.MOCK, settings, tmp_path).read([QUESTION]) == [None]
    open_second_reader(Mode.LIVE, settings, tmp_path).read([QUESTION])
    assert open_second_reader(Mode.MOCK, settings, tmp_path).read([QUESTION]) != [None]
    assert len(llm.asked) == 1


def test_no_other_providers_key_is_sent(llm, tmp_path, monkeypatch):
    monkeypatch.delenv("AUTORESPONDER_LLM_API_KEY")
    monkeypatch.setenv("OPENAI_API_KEY", "of-another-provider")

    open_second_reader(Mode.LIVE, ChatSettings(llm.base_url, "emulated"), tmp_path).read([QUESTION])

    assert llm.asked[0].headers["authorization"] == "Bearer none"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (ChatSettings("", "emulated"), "base_url"),
        (ChatSettings("127.0.0.1:11434/v1", "emulated"), "base_url"),
        (ChatSettings("file:///etc/passwd", "emulated"), "base_url"),
        (ChatSettings("http://127.0.0.1:port/v1", "emulated"), "base_url"),
        (ChatSettings("http://[::1/v1", "emulated"), "base_url"),
        (ChatSettings("http://127.0.0.1:11434/v1", ""), "model"),
    ],
)
@pytest.mark.parametrize("mode", Mode)
def test_incomplete_settings_are_refused_in_every_mode(tmp_path, settings, named, mode):
    with pytest.raises(ConfigurationError, match=f"second_reader.{named}"):
        open_second_reader(mode, settings, tmp_path)


def test_a_key_that_is_none_is_refused_and_not_shown(llm, tmp_path, monkeypatch):
    monkeypatch.setenv("AUTORESPONDER_LLM_API_KEY", "gehéim")

    with pytest.raises(ConfigurationError, match="AUTORESPONDER_LLM_API_KEY") as refused:
        open_second_reader(Mode.LIVE, ChatSettings(llm.base_url, "emulated"), tmp_path)
    assert "geh" not in str(refused.value)


def test_without_the_extra_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    monkeypatch.delitem(sys.modules, "autoresponder_dagster.clients.llm.chat", raising=False)

    with pytest.raises(ConfigurationError, match=r"\[llm\]"):
        open_second_reader(Mode.LIVE, ChatSettings("http://127.0.0.1:1/v1", "emulated"), tmp_path)
