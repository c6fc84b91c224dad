// What a prompt has beside Markdown: {{variables}}, declared or not, and <tags>.
import { autocompletion } from "@codemirror/autocomplete";
import { Decoration, MatchDecorator, ViewPlugin } from "@codemirror/view";

/** @param {{name: string, trusted?: boolean, description?: string}[]} variables those that the draft declares */
export function tokens(variables) {
  const declared = new Map(variables.map((variable) => [variable.name, variable]));
  return [highlight(/\{\{\s*([A-Za-z_]\w*)\s*\}\}/g, ([, name]) => variableMark(declared.get(name))), TAGS, completion(variables)];
}

function variableMark(variable) {
  const attributes = {};
  if (!variable) Object.assign(attributes, { "data-trust": "undeclared", title: "This variable is not declared." });
  else if (!variable.trusted) Object.assign(attributes, { "data-trust": "untrusted", title: "Its value is not trusted: somebody else writes it." });
  return Decoration.mark({ class: "var", attributes });
}

function highlight(regexp, mark) {
  const matcher = new MatchDecorator({ regexp, decoration: mark });
  return ViewPlugin.define(
    (view) => ({
      marks: matcher.createDeco(view),
      update(update) {
        this.marks = matcher.updateDeco(update, this.marks);
      },
    }),
    { decorations: (plugin) => plugin.marks },
  );
}

const TAG = Decoration.mark({ class: "md-tag" });
const TAGS = highlight(/<\/?[A-Za-z][\w.-]*>/g, () => TAG);

function completion(variables) {
  const source = (context) => {
    const before = context.matchBefore(/\{\{\s*\w*/);
    if (!before) return null;
    const options = variables.map(({ name, trusted, description }) => ({
      label: `{{${name}}}`,
      detail: trusted ? "" : "untrusted",
      info: description || undefined,
      apply: (view, { label }, from, to) => {
        const closing = /^\s*\}\}/.exec(view.state.sliceDoc(to, to + 4))?.[0].length ?? 0;
        view.dispatch({ changes: { from, to: to + closing, insert: label }, selection: { anchor: from + label.length }, userEvent: "input.complete" });
      },
    }));
    return { from: before.from, options, validFor: /^\{\{\s*\w*$/ };
  };
  return autocompletion({ override: [source], icons: false });
}
