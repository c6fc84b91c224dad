import assert from "node:assert/strict";
import { test } from "node:test";
import { EditorState } from "@codemirror/state";
import { continueList, markdown } from "../editor/markdown.js";

/** What Enter makes of a text whose cursor is at the |; null when it is left to the editor. */
function enter(marked) {
  const at = marked.indexOf("|");
  const state = EditorState.create({ doc: marked.replace("|", ""), selection: { anchor: at }, extensions: markdown });
  let after = null;
  const dispatch = (transaction) => (after = transaction.state);
  if (!continueList({ state, dispatch })) return null;
  const text = after.doc.toString();
  const { head } = after.selection.main;
  return `${text.slice(0, head)}|${text.slice(head)}`;
}

test("a list goes on with its own mark, indent and number", () => {
  assert.equal(enter("- one|"), "- one\n- |");
  assert.equal(enter("  * one| two"), "  * one\n  * | two");
  assert.equal(enter("9. nine|"), "9. nine\n10. |");
  assert.equal(enter("1) one|"), "1) one\n2) |");
});

test("an empty item ends the list", () => {
  assert.equal(enter("- one\n- |"), "- one\n|");
});

test("elsewhere Enter is a new line", () => {
  assert.equal(enter("plain|"), null);
  assert.equal(enter("|- one"), null);
  assert.equal(enter("-no list|"), null);
  assert.equal(enter("```\n- code|\n```"), null);
});
