"""The client for threads."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import TracebackType

import httpx2

from remit_client import answers
from remit_client.answers import Answer
from remit_client.bundles import File, opened
from remit_client.errors import Absent, Refused, RemitError, Unavailable
from remit_client.memory import Do, Key, Memory
from remit_client.prompts import Prompt

logger = logging.getLogger("remit_client")


class Remit:
    """``Remit("https://remit.example", token).get("aria")``: what ``aria@production`` points to.

    Fresh answers are used without asking, older ones while they are asked for again in the background; where Remit can't
    be reached, what was kept is used however old, then a bundle. Keep one for the whole process; it may be shared between
    threads. ``bundles`` maps ``slug@label`` to files that one of ``keys`` (PEM) must have signed.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 5.0,
        bundles: Mapping[str, File] | None = None,
        keys: Sequence[File] = (),
        allow_playground: bool = False,
        pause: float = 5.0,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._base, self._token = answers.check_base(url, token), token
        self._memory = Memory(opened(bundles or {}, keys, playground=allow_playground), pause=pause)
        self._locks: defaultdict[Key, threading.Lock] = defaultdict(threading.Lock)
        self._http = httpx2.Client(timeout=timeout, transport=transport, follow_redirects=False)

    def get(self, slug: str, label: str = "production") -> Prompt:
        """Raises Absent, Gone, Refused, Unavailable."""
        key = (slug, label)
        url = answers.address(self._base, slug, label)
        plan = self._memory.plan(key, time.monotonic())
        if plan.do is Do.USE_AND_ASK:
            threading.Thread(target=self._refresh, args=(key, url), name="remit-refresh", daemon=True).start()
        if plan.prompt is not None:
            return plan.prompt
        with self._locks[key]:  # many who wait for the same prompt ask once
            again = self._memory.plan(key, time.monotonic())
            if again.do is Do.USE_AND_ASK:
                self._memory.asked(key)
            return again.prompt or self._ask(key, url)

    def _ask(self, key: Key, url: str) -> Prompt:
        if self._memory.wait_left(key, time.monotonic()):
            return self._memory.instead(key, Unavailable("Remit could not answer a moment ago."))
        try:
            return self._memory.answered(key, self._fetch(key, url), time.monotonic())
        except (Absent, Refused) as error:
            self._memory.denied(key, error)
            raise
        except Unavailable as error:
            prompt = self._memory.failed(key, error, time.monotonic())
            logger.warning("Remit can't answer (%s); %s@%s is %s.", error, *key, prompt.source)
            return prompt

    def _refresh(self, key: Key, url: str) -> None:
        try:
            self._ask(key, url)
        except RemitError as error:  # whoever asks next meets it again
            logger.warning("%s@%s could not be refreshed: %s", *key, error)
        finally:
            self._memory.asked(key)

    def _fetch(self, key: Key, url: str) -> Answer:
        asked = answers.headers(self._token, self._memory.etag(key))
        try:
            with self._http.stream("GET", url, headers=asked) as response:
                body = b""
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > answers.LARGEST:
                        raise Unavailable(f"The answer is larger than {answers.LARGEST:,} bytes.")
                return answers.meaning(response.status_code, response.headers, body, asked="@".join(key))
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise Unavailable(f"Remit can't be reached ({type(error).__name__}).") from error

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Remit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
