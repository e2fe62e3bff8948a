"""Runs an emulated server on a loopback port, in a thread, over http or https."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import trustme
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

HOST = "127.0.0.1"
_MOST_HEADER_BYTES = 1 << 20
"""Far more than any server that is emulated takes: the emulator itself must refuse."""
_IDLE_SECONDS = 60
"""For so long a connection stays open that nobody uses: clients wait five seconds between looks at a job."""


class Emulator(Protocol):
    """What can be served: an ASGI application that is told where it is."""

    app: Starlette
    url: str


AnyEmulator = TypeVar("AnyEmulator", bound=Emulator)


@dataclass(frozen=True)
class Certificate:
    """Files in PEM form: ``authority`` is what a client must trust, ``chain`` what the server shows, with its key."""

    authority: Path
    chain: Path


def issue_certificate(folder: Path) -> Certificate:
    """Write the certificate of a loopback server, and that of an authority made up for it, into a folder."""
    authority = trustme.CA()
    certificate = Certificate(folder / "authority.pem", folder / "server.pem")
    authority.cert_pem.write_to_path(certificate.authority)
    authority.issue_cert(HOST, "localhost").private_key_and_cert_chain_pem.write_to_path(certificate.chain)
    return certificate


@contextmanager
def serve(emulator: AnyEmulator, port: int = 0, certificate: Certificate | None = None) -> Iterator[AnyEmulator]:
    """Serve an emulator until the block ends; ``emulator.url`` says where. Port 0 takes a free one.

    With a certificate it speaks https.
    """
    config = uvicorn.Config(
        emulator.app,
        http=_ResettableProtocol,
        log_level="critical",
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=_IDLE_SECONDS,
        h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
        ssl_certfile=certificate.chain if certificate else None,
    )
    server = uvicorn.Server(config)
    with socket.create_server((HOST, port)) as listener:
        scheme = "http" if certificate is None else "https"
        emulator.url = f"{scheme}://{HOST}:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield emulator
        finally:
            server.should_exit = True
            thread.join()


def reset_connection(request: Request) -> None:
    """Break off the connection that a request came on, so that the client is told so by its network (TCP RST)."""
    reset: Callable[[], None] = request.state.reset
    reset()


class _ResettableProtocol(H11Protocol):
    """HTTP/1.1 whose requests know how to break off the connection that they came on."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        self.app_state = {**self.app_state, "reset": partial(_reset, transport)}
        super().connection_made(transport)


def _reset(transport: asyncio.Transport) -> None:
    # Closing without lingering discards what is unsent and answers with RST instead of FIN.
    lingering = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
    transport.abort()
