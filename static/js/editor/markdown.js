// Markdown as prompts use it: highlighting by class (styled in editor.css), and lists that go on.
// The library's own Markdown mode brings parsers of HTML, CSS and JavaScript along: five times this bundle.
import { Language, defineLanguageFacet, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { tagHighlighter, tags } from "@lezer/highlight";
import { parser } from "@lezer/markdown";

const language = new Language(defineLanguageFacet(), parser, [], "markdown");

const classes = tagHighlighter([
  { tag: tags.heading, class: "md-heading" },
  { tag: tags.strong, class: "md-strong" },
  { tag: tags.emphasis, class: "md-emphasis" },
  { tag: tags.monospace, class: "md-code" },
  { tag: tags.quote, class: "md-quote" },
  { tag: [tags.link, tags.url], class: "md-link" },
  { tag: tags.comment, class: "md-comment" },
  { tag: [tags.processingInstruction, tags.contentSeparator], class: "md-mark" },
]);

export const markdown = [language, syntaxHighlighting(classes)];

const ITEM = /^(\s*)([-*+]|(\d+)([.)]))(\s+)/;

/** Enter in a list starts the next item; in an empty item it ends the list. */
export function continueList({ state, dispatch }) {
  const { from, to } = state.selection.main;
  const line = state.doc.lineAt(from);
  const item = ITEM.exec(line.text);
  if (from !== to || !item || from < line.from + item[0].length || inCode(state, from)) return false;
  const [, indent, mark, number, after, space] = item;
  if (line.text.trim() === mark) {
    dispatch(state.update({ changes: { from: line.from, to: line.to }, userEvent: "delete" }));
    return true;
  }
  const next = number ? `${Number(number) + 1}${after}` : mark;
  const insert = state.lineBreak + indent + next + space;
  dispatch(state.update({ changes: { from, insert }, selection: { anchor: from + insert.length }, scrollIntoView: true, userEvent: "input" }));
  return true;
}

const inCode = (state, position) => /Code/.test(syntaxTree(state).resolveInner(position, -1).name);
