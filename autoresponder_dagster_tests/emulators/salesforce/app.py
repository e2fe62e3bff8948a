"""The HTTP face of an emulated org: sessions, limits, pages, scripted faults and a journal.

Belongs here: what a client sees of the protocol. Does not belong here: what the org thinks of a record.
"""

import asyncio
import html
import json
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from autoresponder_dagster_tests.emulators.salesforce.org import ORG_ID, USER_ID, Org, OrgError

if TYPE_CHECKING:
    from autoresponder_dagster_tests.emulators.faults import Fault

HOST = "emulated.my.salesforce.com"
CLIENT_ID, CLIENT_SECRET = "emulator-client", "emulator-client-secret"
USERNAME, PASSWORD, SECURITY_TOKEN = "pipeline@example.org", "pass&word<1>", "token<&>"
MAX_URI_BYTES = 16_384
NEWEST_SOAP_LOGIN = 64.0


@dataclass
class Exchange:
    """One request as it arrived, and the status of its answer (0: none yet, or broken off)."""

    method: str
    path: str
    query: str
    host: str
    headers: dict[str, str]
    status: int = 0

    @property
    def is_mutating(self) -> bool:
        """Whether the request could have changed something in an org."""
        is_login = self.path == "/services/oauth2/token" or self.path.startswith("/services/Soap/u/")
        return self.method not in {"GET", "HEAD"} and not is_login


class SalesforceEmulator:
    """An org behind HTTP. ``app`` is the ASGI application; everything else is for the test to set and read."""

    def __init__(self, *, page_size: int = 2000, daily_limit: int = 15_000) -> None:
        self.url = ""
        self.app = Starlette(
            routes=[Route("/{path:path}", self._answer, methods=["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"])]
        )
        self.reset(page_size=page_size, daily_limit=daily_limit)

    def reset(self, *, page_size: int = 2000, daily_limit: int = 15_000) -> None:
        """Start again with an empty org."""
        self.org = Org()
        self.page_size = page_size
        self.daily_limit = daily_limit
        self.api_calls = 0
        self.instance_url = f"https://{HOST}"
        self.access_token = f"{ORG_ID[:15]}!emulated-session"
        self.journal: list[Exchange] = []
        self.faults: list[Fault] = []
        self._cursors: dict[str, tuple[int, list[dict[str, Any]]]] = {}

    def expire_sessions(self) -> None:
        """Make every token given so far invalid."""
        self.access_token += "+"

    @property
    def mutating_requests(self) -> list[Exchange]:
        """What a read-only client must never have sent."""
        return [exchange for exchange in self.journal if exchange.is_mutating]

    def sent(self, method: str, path: str = "") -> list[Exchange]:
        """Return the requests of a method whose path contains a text."""
        return [exchange for exchange in self.journal if exchange.method == method and path in exchange.path]

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        exchange = Exchange(
            request.method, path, request.url.query, request.headers.get("X-Forwarded-Host", ""), dict(request.headers)
        )
        self.journal.append(exchange)
        fault = next((fault for fault in self.faults if fault.takes(request.method, path)), None)
        if fault is not None:
            await asyncio.sleep(fault.delay)
        scripted = fault.response if fault is not None else None
        response = scripted if scripted is not None and not fault.after else await self._guarded(request)
        exchange.status = 0 if fault is not None and fault.drops else (scripted or response).status_code
        return scripted or response

    async def _guarded(self, request: Request) -> Response:
        try:
            return await self._routed(request)
        except OrgError as error:
            return JSONResponse(error.body, error.status, self._limit_header)

    async def _routed(self, request: Request) -> Response:
        path = request.url.path.rstrip("/")
        if len(str(request.url)) > MAX_URI_BYTES:
            raise OrgError(414, "URI_TOO_LONG", "The URI is too long")
        if request.method == "POST" and path == "/services/oauth2/token":
            return await self._token(request)
        if request.method == "POST" and path.startswith("/services/Soap/u/"):
            return await self._soap_login(request)
        if request.method == "GET" and path == "/services/data":
            return JSONResponse([{"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}])
        if request.headers.get("Authorization") != f"Bearer {self.access_token}":
            raise OrgError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if request.method == "GET" and path == "/services/oauth2/userinfo":
            return JSONResponse({"user_id": USER_ID, "organization_id": ORG_ID})
        self._count()
        data_path = re.sub(r"^/services/data/v\d+\.\d", "", path)
        for method, pattern, answer in self._resources():
            match = re.fullmatch(pattern, data_path)
            if match and request.method == method:
                return await answer(request, *match.groups())
        raise OrgError(404, "NOT_FOUND", "The requested resource does not exist")

    def _resources(self) -> list[tuple[str, str, Callable[..., Awaitable[Response]]]]:
        record = r"/sobjects/(\w+)/([^/]+)"
        return [
            ("GET", r"/query", self._query),
            ("GET", r"/query/([\w-]+)", self._next_page),
            ("GET", r"/limits", self._limits),
            ("GET", r"/sobjects", self._global_describe),
            ("GET", r"/sobjects/(\w+)/describe", self._describe),
            ("POST", r"/sobjects/(\w+)", self._create),
            ("GET", record, self._read),
            ("PATCH", record, self._update),
            ("DELETE", record, self._delete),
        ]

    def _count(self) -> None:
        if self.api_calls >= self.daily_limit:
            raise OrgError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.api_calls += 1

    @property
    def _limit_header(self) -> dict[str, str]:
        return {"Sforce-Limit-Info": f"api-usage={self.api_calls}/{self.daily_limit}"}

    def _json(self, body: Any, status: int = 200) -> Response:
        return JSONResponse(body, status, self._limit_header)

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        scheme, _, basic = request.headers.get("Authorization", "").partition(" ")
        pair = b64decode(basic).decode().partition(":")[::2] if scheme == "Basic" else ()
        client = pair or (form.get("client_id"), form.get("client_secret"))
        if form.get("grant_type") != "client_credentials":
            return JSONResponse(
                {"error": "unsupported_grant_type", "error_description": "grant type not supported"}, 400
            )
        if client != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client", "error_description": "invalid client credentials"}, 400)
        return JSONResponse(
            {
                "access_token": self.access_token,
                "instance_url": self.instance_url,
                "id": f"{self.instance_url}/id/{ORG_ID}/{USER_ID}",
                "token_type": "Bearer",
            }
        )

    async def _soap_login(self, request: Request) -> Response:
        if float(request.url.path.rsplit("/", 1)[1]) > NEWEST_SOAP_LOGIN:
            return _soap_fault("UNSUPPORTED_API_VERSION", "login() is not available in this version")
        login = {element.tag.rpartition("}")[2]: element.text for element in ET.fromstring(await request.body()).iter()}
        if (login.get("username"), login.get("password")) != (USERNAME, PASSWORD + SECURITY_TOKEN):
            return _soap_fault("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.")
        return PlainTextResponse(
            "<loginResponse><result>"
            f"<serverUrl>{self.instance_url}/services/Soap/u/64.0/{ORG_ID}</serverUrl>"
            f"<sessionId>{html.escape(self.access_token)}</sessionId></result></loginResponse>",
            media_type="text/xml",
        )

    async def _query(self, request: Request) -> Response:
        records = self.org.select(request.query_params.get("q", ""))
        return self._page(len(records), records)

    async def _next_page(self, _request: Request, cursor: str) -> Response:
        if cursor not in self._cursors:
            raise OrgError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(*self._cursors.pop(cursor))

    def _page(self, total: int, records: list[dict[str, Any]]) -> Response:
        page, rest = records[: self.page_size], records[self.page_size :]
        body: dict[str, Any] = {"totalSize": total, "done": not rest, "records": page}
        if rest:
            cursor = f"01g{self.api_calls:012d}-{self.page_size}"
            self._cursors[cursor] = (total, rest)
            body["nextRecordsUrl"] = f"/services/data/v67.0/query/{cursor}"
        return self._json(body)

    async def _limits(self, _request: Request) -> Response:
        return self._json(
            {"DailyApiRequests": {"Max": self.daily_limit, "Remaining": self.daily_limit - self.api_calls}}
        )

    async def _global_describe(self, _request: Request) -> Response:
        return self._json({"sobjects": [{"name": name} for name in self.org.schema]})

    async def _describe(self, _request: Request, sobject: str) -> Response:
        return self._json(self.org.describe(sobject))

    async def _create(self, request: Request, sobject: str) -> Response:
        record_id = self.org.create(sobject, await _body(request))
        return self._json({"id": record_id, "success": True, "errors": []}, 201)

    async def _read(self, _request: Request, sobject: str, record_id: str) -> Response:
        return self._json({"attributes": {"type": sobject}, **self.org.find(sobject, record_id)})

    async def _update(self, request: Request, sobject: str, record_id: str) -> Response:
        auto_assign = request.headers.get("Sforce-Auto-Assign", "TRUE").upper() != "FALSE"
        self.org.update(sobject, record_id, await _body(request), auto_assign=auto_assign)
        return Response(status_code=204, headers=self._limit_header)

    async def _delete(self, _request: Request, sobject: str, record_id: str) -> Response:
        del self.org.records[sobject][self.org.find(sobject, record_id)["Id"]]
        return Response(status_code=204, headers=self._limit_header)


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise OrgError(400, "JSON_PARSER_ERROR", "The request body is not a JSON object")
    return body


def _soap_fault(code: str, message: str) -> Response:
    return PlainTextResponse(
        '<Fault xmlns:sf="urn:fault.partner.soap.sforce.com">'
        f"<faultstring>{code}: {message}</faultstring><sf:exceptionCode>{code}</sf:exceptionCode>"
        f"<sf:exceptionMessage>{message}</sf:exceptionMessage></Fault>",
        500,
        media_type="text/xml",
    )
