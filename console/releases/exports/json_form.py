"""JSON: the form that programs read."""

from __future__ import annotations

import json

from console.releases.exports.exported import Exported


def render(exported: Exported) -> str:
    return json.dumps(exported.as_dict(), indent=2, ensure_ascii=False) + "\n"
