// <compiled-map> around the compiled text: pointing at a part shows what it was made from, a click leads there, to the very
// place in a section's text. Links do the same for the keyboard.

class CompiledMap extends HTMLElement {
  connectedCallback() {
    this.addEventListener("pointerover", ({ target }) => this.#show(hrefOf(target)));
    this.addEventListener("pointerleave", () => this.#show(""));
    this.addEventListener("focusin", ({ target }) => this.#show(hrefOf(target)));
    this.addEventListener("focusout", () => this.#show(""));
    this.addEventListener("click", (event) => this.#go(event));
  }

  disconnectedCallback() {
    this.#show("");
  }

  #show(href) {
    for (const shown of document.querySelectorAll("[data-pointed]")) shown.removeAttribute("data-pointed");
    if (!href) return;
    document.querySelector(href)?.setAttribute("data-pointed", "");
    for (const piece of this.querySelectorAll(".piece")) piece.toggleAttribute("data-pointed", hrefOf(piece) === href);
  }

  #go(event) {
    const piece = event.target.closest(".piece.section");
    if (!piece || String(getSelection())) return; // who selects text wants to copy it
    const editor = document.querySelector(`${piece.dataset.href} prompt-editor`);
    const at = Number(piece.dataset.source) + offsetIn(piece, event);
    editor?.reveal?.(at, at);
  }
}

function hrefOf(target) {
  const piece = target.closest?.(".piece");
  return piece?.dataset.href || piece?.getAttribute("href") || piece?.querySelector("a")?.getAttribute("href") || "";
}

/** How many code points of the piece stand before the click. */
function offsetIn(piece, { clientX, clientY }) {
  const caret = document.caretPositionFromPoint?.(clientX, clientY);
  const range = caret ? null : document.caretRangeFromPoint?.(clientX, clientY);
  const [node, offset] = caret ? [caret.offsetNode, caret.offset] : [range?.startContainer, range?.startOffset ?? 0];
  return node && piece.contains(node) ? [...node.textContent.slice(0, offset)].length : 0;
}

customElements.define("compiled-map", CompiledMap);
