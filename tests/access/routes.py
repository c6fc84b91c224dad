"""The addresses of the console, read from its URLconf, and filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from tests.access.world import OWN, WORDS, WORKSPACES, World

API = "api/v1/"
OF_API = {"slug": "prompts", "label": "slug", "format": "export"}
PLACEHOLDER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    name: str  # namespace:name
    pattern: str  # w/<slug:workspace>/prompts/…

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Each placeholder but the workspace with what it names: in the API by its name, on pages by what stands before."""
        first = self.pattern.removeprefix(API).partition("/")[0]
        return [
            (
                found[1],
                OF_API.get(found[1], first)
                if self.pattern.startswith(API)
                else _before(self.pattern[: found.start()]),
            )
            for found in PLACEHOLDER.finditer(self.pattern)
            if found[1] != "workspace"
        ]

    def url(self, world: World, chosen: dict[str, str], workspace: str = OWN) -> str:
        """The address with own values, but for the kinds in ``chosen``: own, foreign or absent."""
        kinds = dict(self.kinds)

        def value(found: re.Match[str]) -> str:
            if found[1] == "workspace":
                return WORKSPACES[workspace]
            kind = kinds[found[1]]
            if kind in WORDS:
                return WORDS[kind]
            assert kind in world.ids, (
                f"{self.name}: what is <{found[1]}> after “{kind}” in {self.pattern}? "
                "Add it to Things in tests/access/world.py, or to WORDS if it names no object of a workspace."
            )
            return str(world.ids[kind][chosen.get(kind, OWN)])

        return "/" + PLACEHOLDER.sub(value, self.pattern)


def _before(text: str) -> str:
    """``…/runs/`` gives runs, ``…/report.`` gives report, ``…<slug:suite>/`` gives suite, ``<…>..`` revisions."""
    if text.endswith((">..", "compare/")):
        return "revisions"
    last = text.rstrip("/.").rsplit("/", 1)[-1]
    return found[1] if (found := PLACEHOLDER.search(last)) else last


def routes(patterns: list | None = None, prefix: str = "", space: str = "") -> Iterator[Route]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        text = prefix + re.sub(
            r"\(\?P<(\w+)>[^)]*\)|[\^$]", lambda m: f"<{m[1]}>" if m[1] else "", str(entry.pattern)
        )
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from routes(entry.url_patterns, text, inner)
        elif isinstance(entry, URLPattern):
            yield Route(f"{space}{entry.name}", text)
