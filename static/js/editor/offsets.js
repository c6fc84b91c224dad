// The console counts Unicode code points, the browser UTF-16 units; they differ behind every emoji.

/** Converts positions of `text` in both directions. A position past the end stays at the end. */
export function offsetsOf(text) {
  // Code-point indices of the characters that take two units, in order.
  const wide = [];
  let points = 0;
  for (const character of text) {
    if (character.length === 2) wide.push(points);
    points += 1;
  }
  const units = text.length;
  return {
    toUnits: (point) => Math.min(point + before(wide, point), units),
    toPoints: (unit) => Math.min(unit - beforeUnit(wide, unit), points),
  };
}

/** How many entries of the sorted list are below `limit`. */
function before(list, limit) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same for a position in units: the k-th wide character starts at unit list[k] + k. */
function beforeUnit(list, unit) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] + middle < unit) low = middle + 1;
    else high = middle;
  }
  return low;
}
