"""The way in: ``open_second_reader`` builds the form that a mode asks for (rules.md §2, mail.md §3.6)."""

import os
from pathlib import Path

from autoresponder_dagster.clients.llm.cache import CachedReader
from autoresponder_dagster.clients.llm.protocol import SecondReader
from autoresponder_dagster.clients.llm.settings import API_KEY, ChatSettings
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.schemas.enums import Mode

_NO_KEY = "none"
"""What a server without keys is told, for the openai client insists on one."""


def open_second_reader(mode: Mode, settings: ChatSettings, cache_folder: Path) -> SecondReader:
    """Open the second reader in a mode; the environment holds its key.

    Args:
        mode: live and read_only ask the server; mock gives stored answers only and opens no socket.
        settings: the server and how it is asked.
        cache_folder: where answers are stored.

    Raises:
        ConfigurationError: a setting is missing or malformed, or the extra ``llm`` is not installed.
    """
    settings.require_complete()
    asked = None if mode is Mode.MOCK else _open_chat(settings)
    return CachedReader(cache_folder, settings.model, asked)


def _open_chat(settings: ChatSettings) -> SecondReader:
    key = os.environ.get(API_KEY, "").strip()
    if not key.isascii():
        raise ConfigurationError(f"{API_KEY} holds characters that no key has. Copy it again.")
    try:
        # Only here: who does not use the second reader needs no openai.
        from autoresponder_dagster.clients.llm.chat import ChatReader  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "The second reader needs the openai client. Install it (pip install 'autoresponder-dagster[llm]'), or set "
            "second_reader.enabled to false."
        ) from error
    return ChatReader(settings, key or _NO_KEY)
