"""Killing this process at a step of the protocol, as a loss of power would: SIGKILL, nothing is tidied up."""

import os
import signal
import time
from typing import Any

from urllib3.connection import HTTPConnection

from autoresponder_dagster.clients.salesforce.live import LiveSalesforce
from autoresponder_dagster.ledger import WriteLedger

STEPS = {
    "planned": (WriteLedger, "plan"),
    "claimed": (WriteLedger, "claim"),
    "looked": (LiveSalesforce, "read_records"),
    "marked, before send": (WriteLedger, "begin"),
    "sent, before response": (HTTPConnection, "getresponse"),
    "answered, before commit": (LiveSalesforce, "send"),
    "committed": (WriteLedger, "settle"),
}
"""What has just been done when the kill comes; for a response: what is about to be."""

TRANSIT_SECONDS = 0.05
"""What a request needs to be carried out by the org, before its sender is killed."""


def arm(step: str, occurrence: int) -> None:
    """Kill this process at the given occurrence of a step."""
    owner, name = STEPS[step]
    original = getattr(owner, name)
    left = [occurrence]
    if owner is HTTPConnection:
        _remember_changes()

    def counted(*args: Any, **kwargs: Any) -> Any:
        if owner is not HTTPConnection:
            done = original(*args, **kwargs)
        elif not args[0].is_change:
            return original(*args, **kwargs)
        left[0] -= 1
        if left[0] == 0:
            if owner is HTTPConnection:
                time.sleep(TRANSIT_SECONDS)
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs) if owner is HTTPConnection else done

    setattr(owner, name, counted)


def arm_clock(seconds: float) -> None:
    """Kill this process after a time, wherever it is."""
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _remember_changes() -> None:
    """Note on each connection whether its last request changes records."""
    original = HTTPConnection.request

    def request(self: Any, method: str, url: str, body: Any = None, *args: Any, **kwargs: Any) -> Any:
        self.is_change = b"PATCH" in (body if isinstance(body, bytes) else str(body or "").encode())
        return original(self, method, url, body, *args, **kwargs)

    HTTPConnection.request = request  # type: ignore[method-assign]
