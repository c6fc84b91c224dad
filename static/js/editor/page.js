// What the editors of a page have in common: its findings and variables, running line numbers, F8.
import { applyFix, found, goTo } from "./findings.js";

const editors = () => [...document.querySelectorAll("prompt-editor")].filter(({ view }) => view);

/** Lines are numbered through all sections of a form, as findings cite them. */
export function renumber() {
  let line = 1;
  let form = null;
  for (const editor of editors()) {
    if (editor.field.form !== form) line = 1;
    form = editor.field.form;
    editor.firstLine = line;
    line += editor.view.state.doc.lines;
  }
}

/** JSON that the page holds in an element: as the attribute's value, or in a script that it is or has. */
function jsonOf(element, attribute) {
  if (!element) return null;
  const script = element.localName === "script" ? element : element.querySelector("script");
  return element.getAttribute(attribute) || script?.textContent || null;
}

/** Hands the page's findings and variables to the editors. */
export function distribute(findings = JSON.parse(jsonOf(document.querySelector("[data-findings]"), "data-findings"))) {
  for (const editor of editors()) {
    editor.variables = jsonOf(editor.closest("[data-variables]") ?? document.querySelector("[data-variables]"), "data-variables") ?? "[]";
    if (findings) editor.findings = findings.filter(({ section, start }) => (section ?? "") === editor.section && start != null);
  }
  for (const button of document.querySelectorAll("[data-show-finding], [data-apply-fix]")) button.hidden = itemFor(anchorOf(button)) === null;
}

const anchorOf = (button) => button.dataset.showFinding || button.closest("[id]").id;

function itemFor(anchor) {
  for (const { view } of editors()) {
    const item = found(view).find(({ finding }) => finding.anchor === anchor);
    if (item) return { view, item };
  }
  return null;
}

/** The next finding in the page's order, from where the cursor is. */
function step(direction) {
  const all = editors().flatMap(({ view }) => found(view).map((item) => ({ view, item })));
  if (!all.length) return false;
  const focused = editors().findIndex(({ view }) => view.hasFocus);
  const place = ({ view, item }) => [editors().findIndex((editor) => editor.view === view), item.from];
  const here = focused < 0 ? [-1, 0] : [focused, editors()[focused].view.state.selection.main.from];
  const later = (one) => compare(place(one), here) > 0;
  const earlier = (one) => compare(place(one), here) < 0;
  const next = direction > 0 ? (all.find(later) ?? all[0]) : (all.findLast(earlier) ?? all.at(-1));
  goTo(next.view, next.item);
  return true;
}

const compare = ([editor, position], [otherEditor, otherPosition]) => editor - otherEditor || position - otherPosition;

document.addEventListener("keydown", (event) => {
  if (event.key === "F8" && !event.ctrlKey && !event.altKey && step(event.shiftKey ? -1 : 1)) event.preventDefault();
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-show-finding], [data-apply-fix]");
  const at = button && itemFor(anchorOf(button));
  if (!at) return;
  if (button.dataset.applyFix === undefined) goTo(at.view, at.item);
  else applyFix(at.view, { ...at.item.finding, replacement: button.dataset.applyFix });
});
document.addEventListener("remit:findings", ({ detail }) => distribute(Array.isArray(detail) ? detail : undefined));
document.addEventListener("htmx:afterSettle", () => distribute());
