"""Scripted failures of an emulated server."""

import re
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response


@dataclass
class Fault:
    """A scripted failure of the next requests that match; given once, it happens ``times`` times.

    Without ``status`` and ``drops`` the request is only delayed. ``after`` lets the server carry the
    request out first. ``drops`` breaks the connection off in the middle of the answer.
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

    def takes(self, method: str, path: str) -> bool:
        """Tell whether this request is hit, and count it."""
        if self.times <= 0 or not re.fullmatch(self.method, method) or not re.search(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True

    @property
    def response(self) -> Response | None:
        """The answer to give instead of the server's."""
        if self.drops:
            return Response(b"{", headers={"Content-Length": "1000"})
        if self.status is None:
            return None
        if isinstance(self.body, str):
            return Response(self.body, self.status, self.headers, media_type="text/html")
        return JSONResponse(self.body, self.status, self.headers)
