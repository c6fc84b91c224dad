// <section-list>: sections are added, moved (buttons, Alt+↑ and Alt+↓, by the grip) and removed in the page; the order of
// the form's fields is the order of the sections, so the next save says it all.
import { changed, fill, removeWithUndo } from "./rows.js";

const sheetOf = (element) => element?.closest?.(".sheet");
const labelOf = (sheet) => sheet.querySelector("[data-label]").textContent;

class SectionList extends HTMLElement {
  #last = null;

  connectedCallback() {
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("dragstart", (event) => this.#lift(event));
    this.addEventListener("dragover", (event) => this.#carry(event));
    this.addEventListener("dragend", () => this.#drop());
    this.addEventListener("pointerdown", ({ target }) => sheetOf(target)?.toggleAttribute("draggable", Boolean(target.closest("[data-grip]"))));
    this.addEventListener("focusin", ({ target }) => (this.#last = sheetOf(target)));
    document.addEventListener("click", this);
  }

  disconnectedCallback() {
    document.removeEventListener("click", this);
  }

  get #sheets() {
    return [...this.querySelectorAll(":scope > .sheet")];
  }

  /** Buttons outside: the menu that adds a section, and those of the shortcuts, which move the section last typed in. */
  handleEvent(event) {
    const button = event.target.closest?.("[data-add-section], [data-move-current]");
    if (!button) return;
    event.preventDefault();
    if (button.dataset.addSection) this.#add(button);
    else if (this.#last?.isConnected) this.move(this.#last, Number(button.dataset.moveCurrent));
  }

  #click(event) {
    const button = event.target.closest("[data-move], [data-remove='section']");
    if (!button) return;
    event.preventDefault();
    const sheet = sheetOf(button);
    button.closest("details").open = false;
    if (button.dataset.move) this.move(sheet, Number(button.dataset.move));
    else removeWithUndo(sheet, `${labelOf(sheet)} is removed.`);
  }

  move(sheet, step) {
    const sheets = this.#sheets;
    const target = sheets[sheets.indexOf(sheet) + step];
    if (!target) return;
    this.#place(sheet, step < 0 ? target : target.nextElementSibling);
    sheet.scrollIntoView({ block: "nearest" });
    changed(this);
  }

  /** moveBefore keeps the cursor and the focus; where there is none, the focus is given back. */
  #place(sheet, before) {
    if (this.moveBefore) return this.moveBefore(sheet, before);
    const focused = sheet.contains(document.activeElement) ? document.activeElement : null;
    this.insertBefore(sheet, before);
    focused?.focus();
  }

  #add(button) {
    const kind = button.dataset.addSection;
    const template = document.getElementById(kind === "snippet" ? "new-snippet" : "new-section");
    const sheet = fill(template, { __ID__: this.#freeId(kind), __KIND__: kind });
    sheet.querySelector("[data-label]").textContent = button.textContent.trim();
    if (kind !== "snippet") sheet.querySelector("select").value = kind;
    this.append(sheet);
    document.querySelector("[data-no-sections]")?.remove();
    const menu = button.closest("details");
    if (menu) menu.open = false;
    sheet.scrollIntoView({ block: "nearest" });
    sheet.querySelector("prompt-editor, .sheet-snippet input").focus();
    changed(this);
  }

  #freeId(kind) {
    const free = (id) => !document.getElementById(`section-${id}`);
    if (free(kind)) return kind;
    let number = 2;
    while (!free(`${kind}-${number}`)) number += 1;
    return `${kind}-${number}`;
  }

  // --- by the grip

  #lifted = null;

  #lift(event) {
    this.#lifted = sheetOf(event.target);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", labelOf(this.#lifted));
    this.#lifted.toggleAttribute("data-lifted", true);
  }

  #carry(event) {
    const over = sheetOf(event.target);
    if (!this.#lifted || !over) return;
    event.preventDefault();
    if (over === this.#lifted) return;
    const { top, height } = over.getBoundingClientRect();
    this.#place(this.#lifted, event.clientY < top + height / 2 ? over : over.nextElementSibling);
  }

  #drop() {
    this.#lifted?.removeAttribute("data-lifted");
    this.#lifted?.removeAttribute("draggable");
    this.#lifted = null;
    changed(this);
  }
}

customElements.define("section-list", SectionList);
