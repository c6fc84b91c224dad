"""The forms in which a release leaves the console: small pure functions behind one registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from console.releases.exports import (
    bundle,
    card,
    curl,
    json_form,
    platforms,
    promptfoo,
    python,
    sarif,
    typescript,
    yaml_form,
)
from console.releases.exports.exported import Exported

__all__ = ["FORMATS", "Exported", "Format"]


@dataclass(frozen=True, slots=True)
class Format:
    """``render`` turns a release into text; ``extension`` and ``media_type`` are those of a file of it."""

    name: str
    extension: str
    media_type: str
    render: Callable[[Exported], str]


FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        Format("bundle", "dsse.json", "application/vnd.dsse.envelope.v1+json", bundle.render),
        Format("json", "json", "application/json", json_form.render),
        Format("yaml", "yaml", "application/yaml", yaml_form.render),
        Format("python", "py", "text/x-python", python.render),
        Format("typescript", "ts", "text/x-typescript", typescript.render),
        Format("curl", "sh", "text/x-shellscript", curl.render),
        Format("promptfoo", "promptfoo.yaml", "application/yaml", promptfoo.render),
        Format("bedrock", "bedrock.json", "application/json", platforms.bedrock),
        Format("vertex", "vertex.json", "application/json", platforms.vertex),
        Format("sarif", "sarif", "application/sarif+json", sarif.render),
        Format("card", "md", "text/markdown", card.render),
        Format("card-html", "html", "text/html", card.render_html),
    )
}
