// <review-keys>: n and p walk over the changes (effect lines, moved settings, changed lines), c comments on the one that
// has the focus. The buttons in it say data-step="1", "-1" or data-comments; shortcuts click them.
const CHANGES = "#effect .effect, #settings tbody tr[id], .diff tr[data-kind=change], .diff tr[data-kind=moved]";

class ReviewKeys extends HTMLElement {
  #at = null; // the id or the element where it stands: rows are replaced when somebody comments

  connectedCallback() {
    this.addEventListener("click", this);
  }

  handleEvent({ target }) {
    const button = target.closest("button");
    if (!button) return;
    if (button.dataset.step) this.#walk(Number(button.dataset.step));
    else this.#comment();
  }

  get #changes() {
    return [...document.querySelectorAll(CHANGES)].filter((row) => row.checkVisibility());
  }

  get #current() {
    if (this.#at?.isConnected) return this.#at;
    return this.#at?.id ? document.getElementById(this.#at.id) : null;
  }

  #walk(step) {
    const changes = this.#changes;
    const at = changes.indexOf(this.#current);
    const next = changes[at < 0 ? (step > 0 ? 0 : changes.length - 1) : Math.min(Math.max(at + step, 0), changes.length - 1)];
    if (!next) return;
    this.#at = next;
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "center" });
  }

  /** Where the current row has no line of its own, the first line that can be commented on. */
  #comment() {
    const row = this.#current?.querySelector("[data-comment]") ? this.#current : null;
    (row ?? document).querySelector("[data-comment]")?.click();
  }
}

customElements.define("review-keys", ReviewKeys);
