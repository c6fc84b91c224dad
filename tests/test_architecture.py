"""Promises that hold for the whole tree: every page has its door, every template keeps to the strict policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import make_member, make_workspace

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# What a placeholder in a URL is filled with: it need not exist, since a stranger may not learn whether it does.
SAMPLES = {"int": "1", "slug": "sample", "str": "sample", "path": "sample", "uuid": "0" * 32}


def routes(patterns=None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


WORKSPACE_ROUTES = [route for route, _ in routes() if route.startswith("w/")]


def fill(route: str, workspace: str) -> str:
    filled = route.replace("<slug:workspace>", workspace)
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda match: SAMPLES[match[1] or "str"], filled)


def told(answer, slug: str) -> str:
    """What an answer tells, but for what was asked and the token that differs in every answer."""
    return re.sub(r"\b[A-Za-z0-9]{64}\b", "", answer.content.decode()).replace(slug, "")


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["get", "post"])
@pytest.mark.parametrize("route", WORKSPACE_ROUTES)
def test_a_stranger_cannot_tell_a_foreign_workspace_from_none(client, route, verb):
    workspace = make_workspace("foreign")
    client.force_login(make_member(make_workspace()).user)
    foreign, absent = (getattr(client, verb)(fill(route, slug)) for slug in (workspace.slug, "nowhere"))
    assert foreign.status_code == absent.status_code
    assert foreign.status_code in {404, 405}
    assert told(foreign, "foreign") == told(absent, "nowhere")


@pytest.mark.django_db
@pytest.mark.parametrize("route", WORKSPACE_ROUTES)
def test_without_a_login_nothing_of_a_workspace_is_served(client, route):
    answer = client.get(fill(route, make_workspace("closed").slug))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_keep_to_the_policy(template):
    """No inline script, style or handler, and nothing marked safe: what people and models write is hostile text."""
    text = template.read_text()
    assert not re.search(r"\sstyle\s*=", text), "inline style"
    assert not re.search(r"<style\b", text), "style element"
    assert not re.search(r"\son\w+\s*=|hx-on", text), "inline handler"
    assert "|safe" not in text.replace(" ", "")
    assert "autoescape off" not in text
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script, script


def test_nobody_imports_a_views_module():
    offenders = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "console").rglob("*.py")
        if path.name not in {"urls.py", "api_urls.py"} and not path.name.startswith("test_")
        if re.search(
            r"^\s*(from|import) console\.\w+(\.\w*views| import .*\bviews\b)", path.read_text(), re.MULTILINE
        )
    ]
    assert offenders == []


def test_the_policy_engine_stands_alone():
    for path in (ROOT / "policies").rglob("*.py"):
        for module in re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE):
            assert module not in {"django", "celery", "anthropic", "psycopg", "console"}, (
                f"{path.name}: {module}"
            )
