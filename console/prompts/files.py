"""A draft as a file that people read, keep under version control and import again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, so that a diff of two files shows lines."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    block = "\n" in text and not any(line != line.rstrip() for line in text.split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if block else None)


_Dumper.add_representer(str, _text)


def draft_yaml(content: Mapping[str, Any]) -> str:
    """The content in its exchanged form, its keys in the order in which people write them."""
    first = ("draft", "slug", "title", "model", "domain", "audience", "folder", "tags", "sections")
    ordered = {key: content[key] for key in first if key in content}
    ordered |= {key: value for key, value in content.items() if key not in ordered}
    return yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
