// The dialog that `?` opens: every shortcut that this page declares, read from the page itself.

const SPOKEN = { Control: "Ctrl", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Enter: "↵", Escape: "Esc" };

/** [key, label] pairs of the page, without repeats. */
export function declared(root) {
  const pairs = new Map();
  for (const element of root.querySelectorAll("[data-key]")) {
    const label = element.dataset.keyLabel || element.getAttribute("aria-label") || element.textContent.trim();
    if (!pairs.has(element.dataset.key)) pairs.set(element.dataset.key, label);
  }
  if (root.querySelector("[data-rows]")) pairs.set("j", "next row").set("k", "previous row");
  if (root.querySelector("prompt-editor")) pairs.set("F8", "next finding").set("Shift+F8", "previous finding").set("Escape Tab", "leave the editor");
  return [...pairs];
}

/** "Control+s" as people read it: "Ctrl S". A sequence stays in its order. */
export function shown(key) {
  return key.split(" ").map((chord) => chord.split("+").map((part) => SPOKEN[part] ?? (chord.length > 1 ? capital(part) : part)).join(" "));
}

const capital = (part) => (part.length === 1 ? part.toUpperCase() : part);

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

export function keyList({ singleKeys, onToggle }) {
  document.getElementById("keys-dialog")?.remove();
  const rows = declared(document).flatMap(([key, label]) => [
    make("dt", {}, ...shown(key).flatMap((chord, at) => [at ? " then " : "", make("kbd", { textContent: chord })])),
    make("dd", { textContent: label }),
  ]);
  const toggle = make("input", { type: "checkbox", checked: singleKeys, onchange: () => onToggle(toggle.checked) });
  const heading = make("h2", { id: "keys-dialog-title", textContent: "Keys on this page" });
  const close = make("form", { method: "dialog" }, make("button", { className: "button", textContent: "Close", autofocus: true }));
  const dialog = make(
    "dialog",
    { id: "keys-dialog", className: "dialog" },
    heading,
    make("dl", { className: "pairs" }, ...rows),
    make("label", { className: "tick" }, toggle, " Keys without Ctrl or Alt work"),
    close,
  );
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.addEventListener("close", () => dialog.remove());
  return document.body.appendChild(dialog);
}
