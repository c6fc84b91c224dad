from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.provider.endpoints import NO_KEY, Endpoint
from console.provider.rehearsal.server import RehearsalServer, serve


@pytest.fixture(scope="module")
def rehearsal() -> Iterator[Endpoint]:
    """The stand-in's server in this process, without its latency."""
    server = RehearsalServer(("127.0.0.1", 0), latency=0.0)
    serve(server)
    yield Endpoint("Rehearsal", f"http://127.0.0.1:{server.server_port}", NO_KEY, rehearsal=True)
    server.shutdown()
    server.server_close()
