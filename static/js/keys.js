// Shortcuts are declared where they work: data-key="Control+s" on a button, link or field, data-key-label="snapshot" for
// the list that `?` shows. Control means Ctrl, or Cmd on a Mac. Sequences: "g p". data-rows="a.lead": j and k walk these.
import { keyList } from "./key-list.js";
import { pressed } from "./pressed.js";

const MAC = /Mac|iP(hone|ad)/.test(navigator.platform);
const SEQUENCE = 1200; // ms in which the second key of a sequence must come
const SINGLE_KEYS_OFF = "remit:single-keys-off"; // WCAG 2.1.4: single letters can be turned off

let pending = { key: "", until: 0 };

const typing = (target) => target.isContentEditable || target.matches?.("input:not([type=radio], [type=checkbox], [type=range], [type=button]), textarea, select");
const bare = (key) => key.length === 1;
const singleKeys = () => localStorage.getItem(SINGLE_KEYS_OFF) === null;

function elementsFor(key) {
  const scope = document.querySelector("dialog:modal") ?? document;
  return [...scope.querySelectorAll("[data-key]")].filter(
    (element) => element.dataset.key === key && element.checkVisibility() && !element.disabled,
  );
}

function use(element) {
  if (element.matches("input:not([type=button], [type=submit]), textarea, select")) element.focus();
  else if (element.getAttribute("aria-disabled") !== "true") element.click();
}

function walk(step) {
  const list = document.querySelector("[data-rows]");
  if (!list) return false;
  const rows = [...list.querySelectorAll(list.dataset.rows)].filter((row) => row.checkVisibility());
  const at = rows.findIndex((row) => row === document.activeElement || row.closest("li, tr")?.contains(document.activeElement));
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return Boolean(next);
}

function act(key) {
  const [element] = elementsFor(key);
  if (element) use(element);
  else if (key === "j" || key === "k") return walk(key === "j" ? 1 : -1);
  return Boolean(element);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || (event.repeat && !/^[jk]$/.test(event.key))) return;
  const key = pressed(event);
  if (bare(key) && (typing(event.target) || !singleKeys())) return;
  const sequence = pending.until > event.timeStamp ? `${pending.key} ${key}` : key;
  if (act(sequence) || (sequence !== key && act(key))) {
    event.preventDefault();
    pending = { key: "", until: 0 };
  } else {
    pending = bare(key) ? { key, until: event.timeStamp + SEQUENCE } : pending;
  }
});

/** Ctrl is written ⌘ where that is the key. */
function nameKeys(root) {
  if (!MAC) return;
  for (const kbd of root.querySelectorAll("kbd")) kbd.textContent = kbd.textContent.replace(/^Ctrl /, "⌘").replace(/^Alt /, "⌥");
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.('[data-opens="keys-dialog"]')) return;
  const dialog = keyList({ singleKeys: singleKeys(), onToggle });
  nameKeys(dialog);
  dialog.showModal();
});

function onToggle(on) {
  if (on) localStorage.removeItem(SINGLE_KEYS_OFF);
  else localStorage.setItem(SINGLE_KEYS_OFF, "1");
}

nameKeys(document);
document.addEventListener("htmx:afterSettle", ({ target }) => nameKeys(target));
