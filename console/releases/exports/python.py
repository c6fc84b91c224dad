"""Python: a file that runs as it is, with the variables filled by the documented rule."""

from __future__ import annotations

import pprint

from console.releases.exports.exported import PLAYGROUND, Exported

_TEMPLATE = '''\
{comment}
# digest {digest}
import re

import anthropic

CONFIG = {config}
VARIABLES = {variables}


def config(**values):
    """CONFIG with the variables of the prompt filled in: one pass, and a value is text, nothing inside it is read."""
    texts = {{}}
    for name, variable in VARIABLES.items():
        value = values.pop(name, None)
        if value is None and variable.get("required") and variable.get("default") is None:
            raise ValueError(f"The variable {{name!r}} needs a value.")
        value = variable.get("default") if value is None else value
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        if len(text) > variable.get("max_length", len(text)):
            raise ValueError(f"The value of {{name!r}} is longer than {{variable['max_length']}} characters.")
        texts[name] = text if variable.get("trusted") else text.replace("</", "&lt;/")
    if values:
        raise ValueError(f"Unknown variables: {{', '.join(values)}}.")
    placeholder = r"\\{{\\{{[ \\t]*([A-Za-z_][A-Za-z0-9_]*)[ \\t]*\\}}\\}}"
    system = re.sub(placeholder, lambda found: texts.get(found[1], found[0]), CONFIG["system"])
    return {{**CONFIG, "system": system}}


if __name__ == "__main__":
    client = anthropic.Anthropic()
    message = client.messages.create(messages=[{{"role": "user", "content": "Hello"}}], **config())
    print(message.content)
'''


def render(exported: Exported) -> str:
    lines = [exported.headline, *([PLAYGROUND] if exported.playground else [])]
    return _TEMPLATE.format(
        comment="\n".join(f"# {' '.join(line.split())}" for line in lines),
        digest=exported.digest,
        config=_literal(exported.config),
        variables=_literal(exported.variables),
    )


def _literal(value: object) -> str:
    return pprint.pformat(value, width=100, sort_dicts=False)
