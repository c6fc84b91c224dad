"""promptfoo: a configuration that asks the released prompt with the released parameters."""

from __future__ import annotations

import json

from console.releases.exports.exported import PLAYGROUND, Exported
from console.releases.exports.yaml_form import dump


def render(exported: Exported) -> str:
    config = {name: value for name, value in exported.config.items() if name not in {"model", "system"}}
    # The chat as JSON in the prompt: promptfoo fills {{…}} in it, the prompt's variables like the message.
    chat = [
        {"role": "system", "content": exported.config["system"]},
        {"role": "user", "content": "{{message}}"},
    ]
    form = {
        "description": exported.headline,
        "prompts": [
            {
                "id": f"{exported.slug}@{exported.label}",
                "label": f"r{exported.revision}",
                "raw": json.dumps(chat),
            }
        ],
        "providers": [{"id": f"anthropic:messages:{exported.config['model']}", "config": config}],
        "defaultTest": {"vars": {name: v.get("default") or "" for name, v in exported.variables.items()}},
        "tests": [{"vars": {"message": "Hello"}}],
    }
    return (f"# {PLAYGROUND}\n" if exported.playground else "") + dump(form)
