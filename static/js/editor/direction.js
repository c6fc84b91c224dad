// Each line runs the way its own words do: a prompt may hold Arabic beside English.
import { Decoration, EditorView, ViewPlugin } from "@codemirror/view";

const line = Decoration.line({ attributes: { dir: "auto" } });

function visibleLines({ visibleRanges, state }) {
  const found = [];
  for (const { from, to } of visibleRanges) {
    for (let at = from; at <= to; at = state.doc.lineAt(at).to + 1) found.push(line.range(state.doc.lineAt(at).from));
  }
  return Decoration.set(found);
}

class Lines {
  constructor(view) {
    this.decorations = visibleLines(view);
  }

  update({ view, docChanged, viewportChanged }) {
    if (docChanged || viewportChanged) this.decorations = visibleLines(view);
  }
}

export const ownDirection = [EditorView.perLineTextDirection.of(true), ViewPlugin.fromClass(Lines, { decorations: (lines) => lines.decorations })];
