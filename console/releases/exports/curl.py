"""curl: one call from a shell. Placeholders stay as they are; a shell is no place to fill hostile values in."""

from __future__ import annotations

import json
import shlex

from console.releases.exports.exported import API_VERSION, PLAYGROUND, Exported


def render(exported: Exported) -> str:
    lines = [exported.headline, f"digest {exported.digest}", *([PLAYGROUND] if exported.playground else [])]
    body = {**exported.config, "messages": [{"role": "user", "content": "Hello"}]}
    quoted = shlex.quote(json.dumps(body, indent=2, ensure_ascii=False))
    comment = "\n".join(f"# {' '.join(line.split())}" for line in lines)
    return (
        f"#!/bin/sh\n{comment}\n"
        'curl "${ANTHROPIC_BASE_URL:-https://api.anthropic.com}/v1/messages" \\\n'
        '  --header "x-api-key: $ANTHROPIC_API_KEY" \\\n'
        f'  --header "anthropic-version: {API_VERSION}" \\\n'
        '  --header "content-type: application/json" \\\n'
        f"  --data-binary {quoted}\n"
    )
