"""The bundle: the statement's own bytes in a DSSE envelope, checked offline by anybody who has the public key."""

from __future__ import annotations

import json

from console.releases.dsse import envelope
from console.releases.exports.exported import Exported


def render(exported: Exported) -> str:
    signatures = [dict(signature) for signature in exported.signatures]
    return json.dumps(envelope(exported.statement, signatures), indent=2) + "\n"
