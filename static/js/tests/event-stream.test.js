import assert from "node:assert/strict";
import { test } from "node:test";
import { eventsOf, parser } from "../event-stream.js";

const STREAM = 'retry: 2000\n\n: beat\n\nevent: delta\ndata: {"text":"ünï 👋"}\n\nevent: turn\r\ndata: one\r\ndata: two\r\n\r\ndata: bare\r\rid: 7\nevent: lonely\n\n';
const EVENTS = [
  { name: "delta", data: '{"text":"ünï 👋"}' },
  { name: "turn", data: "one\ntwo" },
  { name: "message", data: "bare" },
];

async function collect(pieces) {
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  const events = [];
  for await (const event of eventsOf({ body })) events.push(event);
  return events;
}

test("comments, ids and an event without data are no events", () => {
  assert.deepEqual(parser()(STREAM), EVENTS);
});

test("it does not matter where the stream is cut, be it inside a character or between \\r and \\n", async () => {
  const bytes = new TextEncoder().encode(STREAM);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const pieces = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.slice(at, at + size));
    assert.deepEqual(await collect(pieces), EVENTS, `pieces of ${size}`);
  }
});

test("an event that was cut off never happened", async () => {
  assert.deepEqual(await collect([new TextEncoder().encode("event: done\ndata: {}\n")]), []);
});
