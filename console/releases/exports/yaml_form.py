"""YAML: the JSON form with the prompt as a readable block."""

from __future__ import annotations

import yaml

from console.releases.exports.exported import PLAYGROUND, Exported


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def dump(value: object) -> str:
    """YAML that reads back as the same value, keys in the given order."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def render(exported: Exported) -> str:
    comment = f"# {exported.headline}\n" + (f"# {PLAYGROUND}\n" if exported.playground else "")
    return comment.replace("\r", " ") + dump(exported.as_dict())
