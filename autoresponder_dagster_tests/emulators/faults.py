"""Failures of an emulated server: scripted one by one, or as a storm that is random but the same for a seed.

Belongs here: what can happen to any HTTP server. Does not belong here: what only one system does to its records.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from starlette.responses import JSONResponse, Response


@dataclass
class Fault:
    """A scripted failure of the next requests that match; given once, it happens ``times`` times.

    Without ``status``, ``drops`` and ``resets`` the request is only delayed. ``after`` lets the server carry the
    request out first. ``drops`` breaks the connection off in the middle of the answer, ``resets`` before it (TCP
    RST). ``expires`` ends the client's session before the request is looked at. ``delay`` is in seconds.
    """

    method: str = ".*"
    path: str = ".*"
    times: int = 1
    skip: int = 0
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    after: bool = False
    drops: bool = False
    resets: bool = False
    expires: bool = False

    def takes(self, method: str, path: str) -> bool:
        """Tell whether this request is hit, and count it."""
        if self.times <= 0 or not _matches(self, method, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True

    @property
    def breaks_off(self) -> bool:
        """Whether the client gets no whole answer."""
        return self.drops or self.resets

    @property
    def response(self) -> Response | None:
        """The answer to give instead of the server's."""
        if self.drops:
            return Response(b"{", headers={"Content-Length": "1000"})
        if self.resets:
            return Response()
        if self.status is None:
            return None
        if isinstance(self.body, str):
            return Response(self.body, self.status, self.headers, media_type="text/html")
        return JSONResponse(self.body, self.status, self.headers)


@dataclass(frozen=True)
class Gust:
    """A failure that strikes a request with a probability; ``times`` and ``skip`` of the fault do not count."""

    rate: float
    fault: Fault


@dataclass
class Storm:
    """Random failures of the requests that match, at most one to a request.

    The same requests in the same order meet the same failures, for the same ``seed``. ``struck`` counts what
    struck, by the name of the gust.
    """

    seed: int
    gusts: Mapping[str, Gust]
    method: str = ".*"
    path: str = ".*"
    struck: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        if sum(gust.rate for gust in self.gusts.values()) > 1:
            raise ValueError("The rates of a storm add up to more than 1: at most one failure strikes a request.")
        self._random = Random(self.seed)

    def strike(self, method: str, path: str) -> Fault | None:
        """Return what happens to this request, and count it."""
        if not _matches(self, method, path):
            return None
        draw = self._random.random()
        for name, gust in self.gusts.items():
            draw -= gust.rate
            if draw < 0:
                self.struck[name] += 1
                return gust.fault
        return None


def _matches(scope: Fault | Storm, method: str, path: str) -> bool:
    return re.fullmatch(scope.method, method) is not None and re.search(scope.path, path) is not None
