import assert from "node:assert/strict";
import { test } from "node:test";
import { offsetsOf } from "../editor/offsets.js";

const MIXED = "a👋b\n👩‍🔬 é {{x}}";

test("plain text needs no conversion", () => {
  const { toUnits, toPoints } = offsetsOf("plain");
  assert.deepEqual([0, 3, 5].map(toUnits), [0, 3, 5]);
  assert.deepEqual([0, 3, 5].map(toPoints), [0, 3, 5]);
});

test("every code point of a text with emoji is found, in both directions", () => {
  const { toUnits, toPoints } = offsetsOf(MIXED);
  let unit = 0;
  [...MIXED].forEach((character, point) => {
    assert.equal(toUnits(point), unit);
    assert.equal(toPoints(unit), point);
    assert.equal(MIXED.slice(toUnits(point), toUnits(point + 1)), character);
    unit += character.length;
  });
});

test("a position past the end stays at the end", () => {
  const { toUnits, toPoints } = offsetsOf("👋");
  assert.equal(toUnits(99), 2);
  assert.equal(toPoints(99), 1);
});

test("half a surrogate pair counts as one code point, as in Python", () => {
  const { toUnits } = offsetsOf("\ud83dx👋");
  assert.deepEqual([0, 1, 2, 3].map(toUnits), [0, 1, 2, 4]);
});
