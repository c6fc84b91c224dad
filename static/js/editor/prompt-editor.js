// <prompt-editor data-section data-label data-variables> around a <textarea>: the field keeps the value and speaks for
// it (`input`), the editor is how a person sees it. Without this script the field serves by itself.
import "./adopted-styles.js";
import { completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { ownDirection } from "./direction.js";
import { findingMarks, leaveCurrent, showFindings } from "./findings.js";
import { continueList, markdown } from "./markdown.js";
import { offsetsOf } from "./offsets.js";
import { distribute, renumber } from "./page.js";
import { tokens } from "./tokens.js";

// Keys that belong to the page, or do to a prompt what nobody means.
const NOT_OURS = new Set(["Mod-Enter", "Mod-/", "Alt-A", "Mod-Alt-\\", "Mod-i", "Ctrl-m", "Shift-Alt-m"]);
const keys = [...defaultKeymap, ...historyKeymap, ...searchKeymap, ...completionKeymap].filter(({ key }) => !NOT_OURS.has(key));

class PromptEditor extends HTMLElement {
  #numbers = new Compartment();
  #tokens = new Compartment();
  #firstLine = 1;
  #declared = "[]";

  connectedCallback() {
    if (this.view) return renumber(); // moved in the page
    this.field = this.querySelector("textarea");
    this.querySelector(".cm-editor")?.remove();
    this.view = new EditorView({ state: this.#state() });
    this.view.dom.setAttribute("data-save-ignore", ""); // the field says what changed
    this.field.hidden = true;
    this.field.after(this.view.dom);
    this.field.addEventListener("input", () => this.#follow());
    if (this.field.autofocus) this.view.focus();
    renumber();
    distribute();
  }

  disconnectedCallback() {
    // An element that only moves is connected again before this runs.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.view.destroy();
      this.view = null;
      this.field.hidden = false;
      renumber();
    });
  }

  connectedMoveCallback() {
    renumber();
  }

  get section() {
    return this.dataset.section ?? "";
  }

  set findings(findings) {
    if (this.view) showFindings(this.view, findings);
  }

  set firstLine(number) {
    if (number === this.#firstLine || !this.view) return;
    this.#firstLine = number;
    this.view.dispatch({ effects: this.#numbers.reconfigure(numbersFrom(number)) });
  }

  /** The variables that the draft declares, as JSON; completion and marks follow. */
  set variables(json) {
    if (!this.view || json === this.#declared) return;
    this.#declared = json;
    this.view.dispatch({ effects: this.#tokens.reconfigure(tokens(JSON.parse(json))) });
  }

  /** Selects from `start` to `end` (code points) and brings them into view. */
  reveal(start, end) {
    const { toUnits } = this.#offsets();
    const selection = { anchor: toUnits(start), head: toUnits(end) };
    this.view.dispatch({ selection, effects: EditorView.scrollIntoView(selection.anchor, { y: "center" }) });
    this.view.focus();
  }

  /** Puts `insert` in place of the text from `start` to `end` (code points); it can be undone. */
  replace(start, end, insert) {
    const { toUnits } = this.#offsets();
    this.view.dispatch({ changes: { from: toUnits(start), to: toUnits(end), insert }, userEvent: "input.replace" });
  }

  #offsets() {
    return offsetsOf(this.view.state.doc.toString());
  }

  focus() {
    this.view ? this.view.focus() : this.field.focus();
  }

  #state() {
    const { field } = this;
    return EditorState.create({
      doc: field.value,
      extensions: [
        Prec.high(keymap.of([{ key: "Enter", run: continueList }, { key: "Escape", run: leaveCurrent }])),
        keymap.of(keys),
        history(),
        search({ top: true }),
        EditorView.lineWrapping,
        ownDirection,
        findingMarks,
        this.#numbers.of(numbersFrom(this.#firstLine)),
        markdown,
        this.#tokens.of(tokens([])),
        field.placeholder ? placeholder(field.placeholder) : [],
        EditorState.readOnly.of(field.readOnly),
        EditorView.contentAttributes.of(this.#attributes()),
        EditorView.updateListener.of((update) => update.docChanged && this.#tell(update)),
      ],
    });
  }

  #attributes() {
    const attributes = { "aria-label": this.dataset.label || this.field.getAttribute("aria-label") || "Text" };
    const description = this.field.getAttribute("aria-describedby");
    if (description) attributes["aria-describedby"] = description;
    if (this.field.readOnly) attributes["aria-readonly"] = "true";
    return attributes;
  }

  #tell({ state, startState }) {
    this.field.value = state.doc.toString();
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    if (state.doc.lines !== startState.doc.lines) renumber();
  }

  /** Somebody else wrote into the field: a restored copy, a merge. The least change keeps the cursor where it is. */
  #follow() {
    if (!this.view) return;
    const [old, wanted] = [this.view.state.doc.toString(), this.field.value];
    if (old === wanted) return;
    let start = 0;
    while (start < Math.min(old.length, wanted.length) && old[start] === wanted[start]) start += 1;
    let end = 0;
    while (end < Math.min(old.length, wanted.length) - start && old.at(-1 - end) === wanted.at(-1 - end)) end += 1;
    this.view.dispatch({ changes: { from: start, to: old.length - end, insert: wanted.slice(start, wanted.length - end) } });
  }
}

const numbersFrom = (first) => lineNumbers({ formatNumber: (number) => String(number + first - 1) });

customElements.define("prompt-editor", PromptEditor);
