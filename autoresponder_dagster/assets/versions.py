"""Code versions: derived from what decides a frame, so that the UI shows which days a fix made stale."""

import hashlib
from importlib.resources import files

from autoresponder_dagster.determination import engine_version


def source_version(package: str) -> str:
    """Return a hash of a package's Python sources: no one has to remember to raise a number."""
    digest = hashlib.sha256()
    for source in sorted(files(package).iterdir(), key=lambda entry: entry.name):
        if source.name.endswith(".py"):
            digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


RULES_VERSION = source_version("autoresponder_dagster.rules")
DETERMINATIONS_VERSION = engine_version()
