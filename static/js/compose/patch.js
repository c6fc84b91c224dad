// Brings a part of the page to what the server says now, touching only what differs from what it said before: an open
// finding stays open, a list stays where it was scrolled, and a field that is being typed in is never taken away.

const said = new WeakMap(); // element -> the HTML that the server last sent for it

const typing = (element) => element.contains(document.activeElement) && document.activeElement.matches("input[type=text], input[type=number], textarea");

/** Remembers the page as it was delivered, so that the first answer already has something to be compared with. */
export function remember(root) {
  for (const element of [root, ...root.querySelectorAll("[id]")]) said.set(element, element.outerHTML);
}

/** `next` becomes the new state of `current`; both carry the same id. */
export function patch(current, next) {
  const html = next.outerHTML;
  if (said.get(current) === html) return current;
  if (current.hasAttribute("data-keyed") && next.hasAttribute("data-keyed")) {
    for (const { name, value } of next.attributes) current.setAttribute(name, value);
    patchChildren(current, next);
    said.set(current, html);
    return current;
  }
  if (typing(current)) return current; // the next answer will do
  const focused = current.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  const fresh = bring(next);
  keepOpen(current, fresh);
  current.replaceWith(fresh);
  window.htmx?.process(fresh);
  if (focused) (fresh.matches(focused) ? fresh : fresh.querySelector(focused))?.focus();
  return fresh;
}

/** What somebody opened stays open. */
function keepOpen(current, fresh) {
  const was = [...current.querySelectorAll("details")];
  const now = [...fresh.querySelectorAll("details")];
  if (was.length === now.length) now.forEach((details, index) => (details.open = was[index].open));
}

/** A selector under which the element is found again in its new form. */
function nameOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const { name, value, type } = element;
  if (!name) return element.localName;
  return `[name="${CSS.escape(name)}"]${type === "radio" || type === "checkbox" ? `[value="${CSS.escape(value)}"]` : ""}`;
}

/** Children are matched by id; the order becomes that of `next`. */
function patchChildren(current, next) {
  const old = new Map([...current.children].map((child) => [child.id, child]));
  let place = current.firstElementChild; // where the next child belongs
  for (const child of next.children) {
    const known = old.get(child.id);
    old.delete(child.id);
    const element = known ? patch(known, child) : bring(child);
    if (known === place) place = element;
    if (element === place) place = place.nextElementSibling;
    else current.insertBefore(element, place);
    if (!known) window.htmx?.process(element);
  }
  for (const gone of old.values()) if (!typing(gone)) gone.remove();
}

function bring(child) {
  const fresh = document.importNode(child, true);
  remember(fresh);
  return fresh;
}
