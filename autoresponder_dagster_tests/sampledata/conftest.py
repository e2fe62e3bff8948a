"""What the tests of sample data share: the tracked sample, a small generated world, and reading both."""

import csv
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path

import pytest

from autoresponder_dagster.sampledata.world import WorldSpec, write_world

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
SPEC = WorldSpec(seed=5, messages=800, days=4)

_DOMAIN = re.compile(r"(?:@|https?://)((?:[\w-]+\.)+[\w-]+)")
_RESERVED = re.compile(r"(?:^|\.)(?:example|test|invalid|example\.(?:com|net|org))$")


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("world")
    write_world(SPEC, out)
    return out


@pytest.fixture(scope="session")
def world_texts(world) -> dict[str, str]:
    return {path: texts_of(raw) for path, raw in messages_of(world).items()}


def messages_of(folder: Path) -> dict[str, bytes]:
    """Return the messages of a world by path below its folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.eml"))}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def texts_of(raw: bytes) -> str:
    """Return headers and decoded text parts of a message."""
    message = message_from_bytes(raw, policy=default_policy)
    headers = [f"{name}: {value}" for name, value in message.items()]
    parts = [
        part.get_content()
        for part in message.walk()
        if isinstance(part, EmailMessage) and part.get_content_maintype() == "text"
    ]
    return "\n".join([*headers, *parts])


def real_domains(text: str) -> set[str]:
    """Return the domains of addresses and links that somebody could own (RFC 2606)."""
    return {domain for domain in _DOMAIN.findall(text.lower()) if not _RESERVED.search(domain)}
