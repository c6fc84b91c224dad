// What was pressed, in the words of data-key: "Control+s", "Shift+F8", "?".

export function pressed(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Control");
  if (event.altKey) parts.push("Alt");
  // Shift is part of a character ("?"), but not of a named key ("F8").
  if (event.shiftKey && (event.key.length > 1 || parts.length)) parts.push("Shift");
  const key = event.key.length === 1 && parts.length ? event.key.toLowerCase() : event.key;
  return [...parts, key].join("+");
}
