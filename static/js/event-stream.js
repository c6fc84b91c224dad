// Reads a text/event-stream response as it arrives, whatever its chunks cut in two.

/** @returns {AsyncGenerator<{name: string, data: string}>} every event of the response, in order */
export async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parse = parser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parse(value);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** A function that takes the next piece of text and returns the events that it completes. */
export function parser() {
  let rest = "";
  let name = "";
  let data = [];

  function take(line) {
    if (line === "") {
      const event = data.length ? { name: name || "message", data: data.join("\n") } : null;
      name = "";
      data = [];
      return event;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "event") name = value;
    else if (field === "data") data.push(value);
    return null; // comments (beats), ids and retry are of no interest
  }

  return (text) => {
    // A final \r may be the first half of \r\n: it waits for the next piece.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    return lines.map(take).filter(Boolean);
  };
}
