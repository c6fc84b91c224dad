"""What people write becomes HTML that can load nothing, run nothing and turn nothing around."""

from __future__ import annotations

import re

import pytest

from console.markdown import logins, markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<svg onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "`</code><script>alert(1)</script>`",
    '[x](https://a.b "onmouseover=alert(1)")',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_is_run_or_loaded(text):
    html = markdown(text)
    tags = set(re.findall(r"<(\w+)", html))
    assert tags <= {"p", "a", "code", "br"}
    assert not re.search(r"<[^>]*\s(on\w+|src|style)\s*=", html)
    assert all(
        href.startswith(("http://", "https://", "mailto:")) for href in re.findall(r'href="([^"]*)"', html)
    )


def test_what_cannot_be_seen_is_named():
    assert "[U+202E]" in markdown("a\u202eb") and "[U+E0041]" in markdown("\U000e0041")


def test_only_the_named_are_marked():
    html = markdown("@mara and @otto, `@mara`, me@mara.", ["mara"])
    assert html.count('class="mention"') == 1
    assert logins("Ask @mara.klein. Or @ines-") == ["mara.klein.", "mara.klein", "ines-", "ines"]
