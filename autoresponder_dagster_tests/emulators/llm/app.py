"""The chat-completions API of an emulated server: what it accepts, scripted answers and faults, a journal.

Belongs here: what a client sees of the protocol, refusals included. Does not belong here: an opinion on a message.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from autoresponder_dagster_tests.emulators.faults import Fault

API_KEY = "emulated-key"
FACTS = (
    "new_email",
    "new_title",
    "new_org",
    "replacement_name",
    "replacement_email",
    "replacement_title",
    "return_date",
    "effective_date",
)


def answer(
    determination: str = "UNKNOWN", category: str = "unclear", evidence: str = "", **facts: str
) -> dict[str, Any]:
    """Return an answer in the form that is asked for; facts that are not given are null."""
    return {
        "determination": determination,
        "category": category,
        "evidence": evidence,
        "facts": {name: facts.pop(name, None) for name in FACTS} | facts,
    }


@dataclass
class Asked:
    """One request: what was sent, and the message in it as the model would see it."""

    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def message(self) -> dict[str, Any]:
        """The data of the user message."""
        return json.loads(self.body["messages"][-1]["content"])


class LlmEmulator:
    """A server with an API key. ``app`` is the ASGI application; everything else is for the test to set and read.

    ``reply`` gives the content of an answer for a message: a text as it is, anything else as JSON. ``completion``
    replaces the whole body of a successful response where it is set.
    """

    def __init__(self) -> None:
        self.url = ""
        self.app = Starlette(routes=[Route("/v1/chat/completions", self._complete, methods=["POST"])])
        self.reset()

    def reset(self) -> None:
        """Forget everything, and answer UNKNOWN to everything."""
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.reply: Callable[[dict[str, Any]], Any] = lambda message: answer()
        self.completion: Any = None
        self.most_at_once = 0
        self._open: list[Asked] = []

    @property
    def base_url(self) -> str:
        """What an operator would set."""
        return f"{self.url}/v1"

    async def _complete(self, request: Request) -> Response:
        asked = Asked(dict(request.headers), json.loads(await request.body()))
        self.asked.append(asked)
        unanswered = self._open
        unanswered.append(asked)
        self.most_at_once = max(self.most_at_once, len(unanswered))
        fault = next((fault for fault in self.faults if fault.takes(request.method, request.url.path)), None)
        if fault is not None:
            await asyncio.sleep(fault.delay)
        unanswered.remove(asked)
        return (fault.response if fault is not None else None) or self._response(asked)

    def _response(self, asked: Asked) -> Response:
        if asked.headers.get("authorization") != f"Bearer {API_KEY}":
            return _error(401, "Incorrect API key provided")
        problem = _problem(asked.body.get("response_format", {}))
        if problem:
            return _error(400, problem)
        if self.completion is not None:
            return JSONResponse(self.completion)
        content = self.reply(asked.message)
        text = content if isinstance(content, str) else json.dumps(content)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return JSONResponse(
            {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "emulated", "choices": [choice]}
        )


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error"}}, status)


def _problem(response_format: dict[str, Any]) -> str | None:
    """Say what the API would refuse: strict schemas close every object and require every property."""
    described = response_format.get("json_schema", {})
    if response_format.get("type") != "json_schema" or described.get("strict") is not True or "name" not in described:
        return "response_format is not a strict json_schema"
    schema = described["schema"]
    for part in [schema, *schema.get("$defs", {}).values()]:
        if part["type"] == "object" and (
            part.get("additionalProperties") is not False or set(part["required"]) != set(part["properties"])
        ):
            return f"{part['title']} is not a strict object"
    return None
