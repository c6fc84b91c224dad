import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../key-list.js";
import { pressed } from "../pressed.js";

const press = (key, modifiers = {}) => pressed({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers });

test("Ctrl and Cmd are the same key", () => {
  assert.equal(press("s", { ctrlKey: true }), "Control+s");
  assert.equal(press("s", { metaKey: true }), "Control+s");
});

test("Shift belongs to the character that it makes, and is named with other keys", () => {
  assert.equal(press("?", { shiftKey: true }), "?");
  assert.equal(press("F8", { shiftKey: true }), "Shift+F8");
  assert.equal(press("S", { ctrlKey: true, shiftKey: true }), "Control+Shift+s");
});

test("a shortcut is shown the way people read it", () => {
  assert.deepEqual(shown("Control+s"), ["Ctrl S"]);
  assert.deepEqual(shown("g p"), ["g", "p"]);
  assert.deepEqual(shown("Alt+ArrowUp"), ["Alt ↑"]);
  assert.deepEqual(shown("?"), ["?"]);
});
