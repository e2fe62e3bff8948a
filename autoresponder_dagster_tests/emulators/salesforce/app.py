"""The HTTP face of an emulated org: sessions, limits, sizes, scripted faults and a journal.

Belongs here: what a client sees of the protocol as a whole. Does not belong here: single resources
(``rows``, ``composite``, ``bulk``), or what the org thinks of a record (``org``).
"""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from autoresponder_dagster_tests.emulators.faults import Fault
from autoresponder_dagster_tests.emulators.salesforce.bulk import Bulk
from autoresponder_dagster_tests.emulators.salesforce.composite import Composite
from autoresponder_dagster_tests.emulators.salesforce.logins import Logins
from autoresponder_dagster_tests.emulators.salesforce.org import ORG_ID, USER_ID, Change, Org, OrgError
from autoresponder_dagster_tests.emulators.salesforce.protocol import Answer, Call
from autoresponder_dagster_tests.emulators.salesforce.rows import Rows
from autoresponder_dagster_tests.emulators.server import reset_connection

if TYPE_CHECKING:
    from autoresponder_dagster_tests.emulators.salesforce.storm import SalesforceStorm

MAX_URI_BYTES = 16_384
MAX_URI_AND_HEADER_BYTES = 16_384
_VERSIONS = [
    {"label": label, "url": f"/services/data/v{version}", "version": version}
    for label, version in (("Spring '25", "63.0"), ("Winter '26", "65.0"), ("Summer '26", "67.0"))
]
_READING_POSTS = re.compile(
    r"/services/oauth2/.*|/services/Soap/u/.*|/services/data/v[\d.]+/(?:jobs/query|composite/sobjects/\w+)"
)


@dataclass
class Exchange:
    """One request as it arrived and when, the status of its answer (0: none yet, or broken off), what it changed."""

    method: str
    path: str
    query: str
    host: str
    headers: dict[str, str]
    body: bytes = b""
    status: int = 0
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    changes: list[Change] = field(default_factory=list)

    @property
    def is_mutating(self) -> bool:
        """Whether the request could have changed something in an org."""
        if self.method in {"GET", "HEAD"} or (self.method == "POST" and _READING_POSTS.fullmatch(self.path)):
            return False
        parts = [(part["method"], urlsplit(part["url"]).path) for part in self.parts]
        return any(method != "GET" and not _READING_POSTS.fullmatch(path) for method, path in parts) or not parts

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The subrequests of a composite."""
        if not self.path.endswith("/composite"):
            return []
        return list(json.loads(self.body or b"{}").get("compositeRequest", []))


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
        self.logins = Logins()
        self.daily_limit = daily_limit
        self.app_limit = 250_000
        """Calls per day of this connected app."""
        self.concurrent_limit: int | None = None
        """Requests that may be under way at the same time."""
        self.is_api_enabled = True
        self.latency = 0.0
        """Seconds that every answer takes."""
        self.after_answer: Callable[[Exchange], None] = lambda _exchange: None
        """Called with each exchange once it is answered: what somebody else does at that moment."""
        self.hides_limits = False
        """Leave the limit header out, as some answers do."""
        self.api_calls = 0
        self.journal: list[Exchange] = []
        self.faults: list[Fault] = []
        self.storm: SalesforceStorm | None = None
        self._under_way = 0
        self.org.is_held = lambda record_id: self.storm is not None and self.storm.holds(record_id)
        self.rows = Rows(self.org, page_size)
        self.bulk = Bulk(self.org)
        self._resources = self._data_resources(self.rows, Composite(self.org, self._route), self.bulk)

    @property
    def page_size(self) -> int:
        """Most records in one answer to a query."""
        return self.rows.page_size

    @page_size.setter
    def page_size(self, size: int) -> None:
        self.rows.page_size = size

    @property
    def access_token(self) -> str:
        """The token that is valid now."""
        return self.logins.access_token

    def expire_sessions(self) -> None:
        """Make every token given so far invalid."""
        self.logins.expire()

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
            request.method,
            path,
            request.url.query,
            request.headers.get("X-Forwarded-Host", ""),
            dict(request.headers),
            await request.body(),
        )
        self.journal.append(exchange)
        fault = self._fault(request.method, path) or Fault()
        self._under_way += 1
        org = self.org
        try:
            await asyncio.sleep(self.latency + fault.delay)
            if org is not self.org:
                return Response(status_code=503)  # it was meant for an org that is no more: another test's
            if fault.expires:
                self.expire_sessions()
            scripted = fault.response
            response = scripted if scripted and not fault.after else self._guarded(request, exchange)
        finally:
            self._under_way -= 1
        if fault.resets:
            reset_connection(request)
        exchange.status = 0 if fault.breaks_off else (scripted or response).status_code
        self.after_answer(exchange)
        return scripted or response

    def _fault(self, method: str, path: str) -> Fault | None:
        """Return what is scripted for this request, else what the storm does to it."""
        scripted = next((fault for fault in self.faults if fault.takes(method, path)), None)
        if scripted is not None or self.storm is None:
            return scripted
        return self.storm.strike(method, path)

    def _guarded(self, request: Request, exchange: Exchange) -> Response:
        before = len(self.org.changes)
        try:
            return self._routed(request, exchange)
        except OrgError as error:
            return JSONResponse(error.body, error.status, self._limit_header)
        finally:
            exchange.changes = self.org.changes[before:]

    def _routed(self, request: Request, exchange: Exchange) -> Response:
        self._check_sizes(request)
        path = request.url.path.rstrip("/")
        before_session = self._login(request, path, exchange.body)
        if before_session is not None:
            return before_session
        authorization = request.headers.get("Authorization", "")
        token = request.query_params.get("oauth_token") or authorization.partition(" ")[2]
        if token != self.access_token:
            raise OrgError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if path == "/services/oauth2/userinfo" or path.startswith("/id/"):
            return JSONResponse(self._identity(_came_by(request)))
        if not self.is_api_enabled:
            raise OrgError(403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner")
        self._count()
        below = re.fullmatch(r"/services/data/v(\d+\.\d)(/.*|)", path)
        if below is None:
            raise OrgError(404, "NOT_FOUND", "The requested resource does not exist")
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(request.method, below[2], below[1], dict(request.query_params), headers, exchange.body)
        answer = self._route(call)
        if below[2] == "":  # says who asks, where each resource is, and so it must know the host
            answer.body["identity"] = f"{self.logins.home(_came_by(request))}/id/{ORG_ID}/{USER_ID}"
        return self._response(answer)

    def _check_sizes(self, request: Request) -> None:
        target = urlsplit(str(request.url))
        uri_bytes = len(f"{target.path}?{target.query}")
        if uri_bytes > MAX_URI_BYTES:
            raise OrgError(414, "URI_TOO_LONG", "The URI is too long")
        header_bytes = sum(len(name) + len(value) for name, value in request.headers.items())
        if uri_bytes + header_bytes > MAX_URI_AND_HEADER_BYTES:
            raise OrgError(431, "REQUEST_HEADERS_TOO_LARGE", "The URI and the headers are too long")

    def _login(self, request: Request, path: str, body: bytes) -> Response | None:
        """Answer what needs no session."""
        if request.method == "POST" and path == "/services/oauth2/token":
            return self.logins.token(body, request.headers.get("Authorization", ""), _came_by(request))
        if request.method == "POST" and (soap := re.fullmatch(r"/services/Soap/u/(\d+(?:\.\d)?)(?:/.*)?", path)):
            return self.logins.soap(soap[1], body, _came_by(request))
        if request.method == "GET" and path == "/services/data":
            return JSONResponse(_VERSIONS)
        return None

    def _response(self, answer: Answer) -> Response:
        headers = answer.headers | self._limit_header
        if answer.media_type != "application/json":
            return Response(answer.body, answer.status, headers, media_type=answer.media_type)
        if answer.status == 204:
            return Response(status_code=204, headers=headers)
        return JSONResponse(answer.body, answer.status, headers)

    def _route(self, call: Call) -> Answer:
        for method, pattern, answer in self._resources:
            match = re.fullmatch(pattern, call.path)
            if match and call.method == method:
                return answer(call, *match.groups(""))
        raise OrgError(404, "NOT_FOUND", "The requested resource does not exist")

    def _data_resources(
        self, rows: Rows, composite: Composite, bulk: Bulk
    ) -> list[tuple[str, str, Callable[..., Answer]]]:
        record = r"/sobjects/(\w+)/(\w+)"
        job = r"/jobs/(query|ingest)/(\w+)"
        return [
            ("GET", "", self._root),
            ("GET", r"/(?:tooling/)?query(All)?", rows.query),
            ("GET", r"/query(All)?/([\w-]+)", rows.next_page),
            ("GET", r"/limits", self._limits),
            ("GET", r"/limits/recordCount", rows.record_count),
            ("GET", r"/sobjects", rows.global_describe),
            ("GET", r"/sobjects/(\w+)", rows.metadata),
            ("GET", r"/sobjects/(\w+)/describe", rows.describe),
            ("GET", r"/ui-api/object-info/(\w+)/picklist-values/(\w+)/(\w+)", rows.picklist_values),
            ("POST", r"/sobjects/(\w+)", rows.create),
            ("GET", record, rows.read),
            ("PATCH", record, rows.update),
            ("DELETE", record, rows.delete),
            ("POST", r"/composite", composite.composite),
            ("PATCH", r"/composite/sobjects", composite.update_many),
            ("POST", r"/composite/sobjects", composite.create_many),
            ("DELETE", r"/composite/sobjects", composite.delete_many),
            ("POST", r"/composite/sobjects/(\w+)", composite.retrieve_many),
            ("POST", r"/jobs/query", bulk.create_query),
            ("POST", r"/jobs/ingest", bulk.create_ingest),
            ("PUT", r"/jobs/ingest/(\w+)/batches", bulk.upload),
            ("GET", r"/jobs/query/(\w+)/results", bulk.query_results),
            ("GET", r"/jobs/ingest/(\w+)/(\w+)", bulk.ingest_results),
            ("GET", job, bulk.state),
            ("PATCH", job, bulk.change),
            ("DELETE", job, bulk.delete),
        ]

    def _count(self) -> None:
        if self.concurrent_limit is not None and self._under_way > self.concurrent_limit:
            message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
            raise OrgError(403, "REQUEST_LIMIT_EXCEEDED", message)
        if self.api_calls >= min(self.daily_limit, self.app_limit):
            raise OrgError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.api_calls += 1

    @property
    def _limit_header(self) -> dict[str, str]:
        if self.hides_limits:
            return {}
        by_app = f"per-app-api-usage={self.api_calls}/{self.app_limit}(appName=x)"
        return {"Sforce-Limit-Info": f"api-usage={self.api_calls}/{self.daily_limit}; {by_app}"}

    def _identity(self, came_by: str) -> dict[str, Any]:
        return {
            "user_id": USER_ID,
            "organization_id": ORG_ID,
            "preferred_username": "pipeline@example.org",
            "username": "pipeline@example.org",
            "urls": {"rest": f"{self.logins.home(came_by)}/services/data/v{{version}}/"},
        }

    def _root(self, call: Call) -> Answer:
        base = f"/services/data/v{call.version}"
        names = ("query", "queryAll", "sobjects", "composite", "limits", "jobs", "tooling", "ui-api")
        return Answer(body={name: f"{base}/{name}" for name in names})

    def _limits(self, _call: Call) -> Answer:
        remaining = {"Max": self.daily_limit, "Remaining": self.daily_limit - self.api_calls}
        return Answer(
            body={"DailyApiRequests": remaining, "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000}}
        )


def _came_by(request: Request) -> str:
    """Return the URL of this server that a client used; empty for one that was sent here instead of to an org."""
    if "X-Forwarded-Host" in request.headers:
        return ""
    return f"{request.url.scheme}://{request.url.netloc}"
