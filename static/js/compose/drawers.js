// A link to a drawer or a finding opens it; the Enter key in a field saves instead of leaving the page.
import { openWorst } from "./keyed-parts.js";

function openTarget() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  const details = target.matches("details") ? target : (target.closest("details") ?? target.querySelector("details"));
  if (details) details.open = true;
  target.scrollIntoView({ block: "nearest" });
}

addEventListener("hashchange", openTarget);
openTarget();
openWorst();

document.addEventListener("submit", (event) => {
  if (event.target.id !== "draft" || event.submitter?.name === "do") return;
  event.preventDefault();
  event.target.closest("draft-form")?.flush();
});

// A menu closes when the focus or a click goes elsewhere.
const MENUS = ".menu-button[open], .sheet-menu[open]";
for (const name of ["click", "focusin"]) {
  document.addEventListener(name, ({ target }) => {
    for (const menu of document.querySelectorAll(MENUS)) if (!menu.contains(target)) menu.open = false;
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.(MENUS);
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A finding that F8 or a click in the text opened is brought into view in its own pane, never by moving the page.
document.addEventListener(
  "toggle",
  ({ target }) => {
    const pane = target.open && target.matches(".finding > details") ? target.closest(".pane") : null;
    if (!pane || pane.scrollHeight <= pane.clientHeight) return;
    const [item, view] = [target.getBoundingClientRect(), pane.getBoundingClientRect()];
    const head = pane.querySelector(".pane-head").offsetHeight;
    if (item.top < view.top + head) pane.scrollTop -= view.top + head - item.top;
    else if (item.bottom > view.bottom) pane.scrollTop += Math.min(item.bottom - view.bottom, item.top - view.top - head);
  },
  true,
);
