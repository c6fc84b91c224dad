"""SARIF: what the checks say of the released revision, as they said it when it was frozen, for code scanning."""

from __future__ import annotations

import json

from console.releases.exports.exported import Exported
from policies import Verdict, finding_from
from policies.sarif import to_sarif


def render(exported: Exported) -> str:
    verdict = Verdict(tuple(finding_from(form) for form in exported.findings))
    address = f"{exported.slug}@r{exported.revision}"
    form = to_sarif([(address, verdict)], version=exported.pack)
    about = {key: value for key, value in exported.as_dict().items() if key not in ("config", "variables")}
    form["runs"][0]["properties"] = about
    return json.dumps(form, indent=2, ensure_ascii=False) + "\n"
