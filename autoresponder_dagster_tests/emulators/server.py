"""Runs an emulated server on a loopback port, in a thread."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import uvicorn
from starlette.applications import Starlette


class Emulator(Protocol):
    """What can be served: an ASGI application that is told where it is."""

    app: Starlette
    url: str


AnyEmulator = TypeVar("AnyEmulator", bound=Emulator)


@contextmanager
def serve(emulator: AnyEmulator, port: int = 0) -> Iterator[AnyEmulator]:
    """Serve an emulator until the block ends; ``emulator.url`` says where. Port 0 takes a free one."""
    config = uvicorn.Config(emulator.app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", port)) as listener:
        emulator.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield emulator
        finally:
            server.should_exit = True
            thread.join()
