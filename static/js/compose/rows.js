// Rows of the form that come from a <template>: data-add="variable" adds one, data-remove takes its row away, with a way
// back. Without this script the same buttons submit the form, and the server does it.
export const changed = (element) => element.dispatchEvent(new CustomEvent("remit:changed", { bubbles: true }));

/** A copy of a template's element with the placeholders of its names and ids filled in. */
export function fill(template, values) {
  let html = template.innerHTML;
  for (const [placeholder, value] of Object.entries(values)) html = html.replaceAll(placeholder, value);
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const element = holder.content.firstElementChild;
  return element;
}

function nextNumber(list, kind) {
  const used = [...list.querySelectorAll(`input[type=hidden][name="${kind}"]`)].map(({ value }) => Number(value));
  return Math.max(0, ...used) + 1;
}

function add(kind, name) {
  const list = document.querySelector(`[data-rows-of="${kind}"]`);
  const row = fill(document.getElementById(`new-${kind}`), { __NUMBER__: nextNumber(list, kind) });
  list.append(row);
  list.closest("details").open = true;
  const first = row.querySelector("input[type=text]");
  if (name) {
    first.value = name;
    changed(row);
  }
  first.focus();
}

/** Takes `element` out of the page and offers to put it back where it was. */
export function removeWithUndo(element, words) {
  const [parent, next] = [element.parentElement, element.nextElementSibling];
  const form = element.closest("form");
  element.remove();
  changed(form);
  const undo = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: "Put it back" });
  undo.addEventListener("click", () => {
    parent.insertBefore(element, next?.parentElement === parent ? next : null);
    changed(form);
    undo.closest(".notice")?.remove();
  });
  // Said by the script of every page: to import it here would be to have it twice.
  document.dispatchEvent(new CustomEvent("remit:notice", { detail: { text: words, action: undo, key: "removed" } }));
}

/** A finding's advice to move a setting, carried out on its control. */
function set({ set: name, value }) {
  const controls = [...document.querySelectorAll(`#controls [name="${CSS.escape(name)}"]`)];
  const radio = controls.find((control) => control.type === "radio" && control.value === value);
  const control = radio ?? controls.find((one) => one.matches("select"));
  if (!control) return;
  if (radio) radio.checked = true;
  else control.value = value;
  control.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const setter = event.target.closest?.("button[data-set]");
  if (setter) {
    event.preventDefault();
    return set(setter.dataset);
  }
  const adder = event.target.closest?.("button[data-add]");
  const remover = event.target.closest?.('button[data-remove]:not([data-remove="section"])');
  if (!adder && !remover) return;
  event.preventDefault();
  if (adder) return add(adder.dataset.add, adder.dataset.name);
  const row = remover.closest("[data-row]");
  const name = row.querySelector("input[type=text]").value || `This ${remover.dataset.remove}`;
  removeWithUndo(row, `${name} is removed.`);
});
