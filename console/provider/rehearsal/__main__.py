"""python -m console.provider.rehearsal --uds PATH | --port N"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from console.provider.rehearsal.server import RehearsalServer, serve


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    where = Path(options.uds) if options.uds else (options.host, options.port)
    try:
        server = RehearsalServer(where, latency=options.latency_ms / 1000)
    except OSError as error:
        why = error.strerror or str(error)
        sys.stderr.write(
            f"The rehearsal endpoint cannot listen at {options.uds or f'{options.host}:{options.port}'}: {why}. Choose another place.\n"
        )
        return 1
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    serve(server)
    address = f"unix:{options.uds}" if options.uds else f"http://{options.host}:{server.server_port}"
    sys.stdout.write(f"Rehearsal endpoint ready at {address}\n")
    sys.stdout.flush()
    over.wait()
    server.shutdown()
    server.server_close()
    if options.uds:
        Path(options.uds).unlink(missing_ok=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m console.provider.rehearsal",
        description="A stand-in for the model that speaks the Messages API.",
    )
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--port", type=int, help="port to listen on; 0 takes a free one")
    place.add_argument("--uds", metavar="PATH", help="UNIX socket to listen on")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--latency-ms", type=float, default=40.0, help="milliseconds before an answer begins")
    return parser


if __name__ == "__main__":
    sys.exit(main())
