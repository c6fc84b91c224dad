// Opens <dialog> elements: [data-opens="id"] on a button or link, [data-open-now] on one that htmx brought.

function open(dialog, opener) {
  if (dialog.open) return;
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("dialog-opened", { bubbles: true, detail: { opener } }));
}

document.addEventListener("click", (event) => {
  const target = event.target;
  const opener = target.closest?.("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    open(dialog, opener);
  }
  if (target.closest?.("[data-closes]")) target.closest("dialog")?.close();
  // A click on the backdrop hits the dialog itself; one inside hits a child.
  if (target.localName === "dialog" && outside(target, event)) target.close();
});

function outside(dialog, { clientX: x, clientY: y }) {
  const box = dialog.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

function openNew() {
  for (const dialog of document.querySelectorAll("dialog[data-open-now]")) {
    dialog.removeAttribute("data-open-now");
    open(dialog, null);
  }
}

document.addEventListener("htmx:afterSettle", openNew);
openNew();
