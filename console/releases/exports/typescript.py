"""TypeScript: the configuration typed for the SDK, with the variables filled by the documented rule."""

from __future__ import annotations

import json

from console.releases.exports.exported import PLAYGROUND, Exported

_TEMPLATE = """\
{comment}
// digest {digest}
import Anthropic from "@anthropic-ai/sdk";

type Variable = {{ required?: boolean; default?: unknown; max_length?: number; trusted?: boolean }};

export const CONFIG: Omit<Anthropic.MessageCreateParamsNonStreaming, "messages"> & {{ system: string }} = {config};

export const VARIABLES: Record<string, Variable> = {variables};

/** CONFIG with the variables of the prompt filled in: one pass, and a value is text, nothing inside it is read. */
export function config(values: Record<string, string | number | boolean> = {{}}): typeof CONFIG {{
  const unknown = Object.keys(values).filter((name) => !Object.hasOwn(VARIABLES, name));
  if (unknown.length) throw new Error(`Unknown variables: ${{unknown.join(", ")}}.`);
  const texts = new Map<string, string>();
  for (const [name, variable] of Object.entries(VARIABLES)) {{
    const value = values[name] ?? variable.default;
    if (value == null && variable.required) throw new Error(`The variable "${{name}}" needs a value.`);
    const text = value == null ? "" : String(value);
    if ([...text].length > (variable.max_length ?? Infinity)) throw new Error(`The value of "${{name}}" is too long.`);
    texts.set(name, variable.trusted ? text : text.replaceAll("</", "&lt;/"));
  }}
  const system = CONFIG.system.replace(/\\{{\\{{[ \\t]*([A-Za-z_][A-Za-z0-9_]*)[ \\t]*\\}}\\}}/g, (all, name) => texts.get(name) ?? all);
  return {{ ...CONFIG, system }};
}}
"""


def render(exported: Exported) -> str:
    lines = [exported.headline, *([PLAYGROUND] if exported.playground else [])]
    return _TEMPLATE.format(
        comment="\n".join(f"// {' '.join(line.split())}" for line in lines),
        digest=exported.digest,
        config=_literal(exported.config),
        variables=_literal(exported.variables),
    )


def _literal(value: object) -> str:
    # Line separators are line ends in older parsers, also inside of strings.
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
