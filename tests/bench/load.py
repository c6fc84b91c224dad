"""A load generator in a process of its own: ``python -m tests.bench.load PORT PATH SECONDS CONNECTIONS [HEADER …]``.

Prints how many answers came and what statuses they had, as JSON.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections import Counter


def main() -> None:
    port, path, seconds, connections, *headers = sys.argv[1:]
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]
    request = "\r\n".join(lines).encode()
    statuses: Counter[str] = Counter()
    until = time.monotonic() + float(seconds)
    threads = [
        threading.Thread(target=_ask, args=(int(port), request, until, statuses))
        for _ in range(int(connections))
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"statuses": statuses, "seconds": time.monotonic() - began}))


def _ask(port: int, request: bytes, until: float, statuses: Counter[str]) -> None:
    own: Counter[str] = Counter()
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < until:
            sock.sendall(request)
            answer = sock.recv(65536)
            while b"\r\n\r\n" not in answer:
                answer += sock.recv(65536)
            head, _, body = answer.partition(b"\r\n\r\n")
            lower = head.lower()
            at = lower.find(b"content-length: ")
            length = int(lower[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            while len(body) < length:
                body += sock.recv(65536)
            own[head[9:12].decode()] += 1
    statuses.update(own)


if __name__ == "__main__":
    main()
