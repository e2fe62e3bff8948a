"""Pytest fixtures: one server for the session, forgetful between tests, and its key in the environment."""

from collections.abc import Iterator

import pytest

from autoresponder_dagster_tests.emulators.llm.app import API_KEY, LlmEmulator
from autoresponder_dagster_tests.emulators.server import serve


@pytest.fixture(scope="session")
def _llm_server() -> Iterator[LlmEmulator]:
    with serve(LlmEmulator()) as emulator:
        yield emulator


@pytest.fixture
def llm(_llm_server: LlmEmulator, monkeypatch: pytest.MonkeyPatch) -> LlmEmulator:
    """A server that answers UNKNOWN, and an environment that holds its key."""
    _llm_server.reset()
    monkeypatch.setenv("AUTORESPONDER_LLM_API_KEY", API_KEY)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return _llm_server
