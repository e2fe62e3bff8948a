"""A request to an emulated org below ``/services/data/vNN.N``, and its answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autoresponder_dagster_tests.emulators.salesforce.org import OrgError


@dataclass(frozen=True)
class Call:
    """One request, whether it came by itself or inside a composite. Header names are in lower case."""

    method: str
    path: str
    version: str = "67.0"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """Return the body, which must be a JSON object."""
        try:
            body = json.loads(self.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise OrgError(400, "JSON_PARSER_ERROR", "The request body is not a JSON object")
        return body

    @property
    def auto_assigns(self) -> bool:
        """Whether assignment rules run: they do unless a header of this very request says no."""
        return self.headers.get("sforce-auto-assign", "TRUE").upper() != "FALSE"


@dataclass
class Answer:
    """What the org answers: a JSON body, or a text such as CSV."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
