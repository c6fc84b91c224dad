// <jump-dialog>: the field asks the server (htmx); arrows walk the results, Enter opens the first one.

class JumpDialog extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("input[type=search]");
    this.addEventListener("dialog-opened", () => this.opened());
    this.addEventListener("keydown", (event) => this.walk(event));
    // New results replace the one that had the focus.
    this.addEventListener("htmx:afterSwap", () => this.querySelector("dialog").open && !this.contains(document.activeElement) && this.field.focus());
    this.querySelector("form").addEventListener("submit", (event) => {
      const first = this.results()[0];
      if (!first) return; // the page of results is a fine answer too
      event.preventDefault();
      first.click();
    });
  }

  results() {
    return [...this.querySelectorAll("#jump-results a[href]")];
  }

  opened() {
    this.field.focus();
    this.field.select();
    this.field.dispatchEvent(new CustomEvent("jump-opened", { bubbles: true }));
  }

  walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const onResult = event.target !== this.field;
    if (step) {
      event.preventDefault();
      const stops = [this.field, ...this.results()];
      stops[(stops.indexOf(event.target) + step + stops.length) % stops.length].focus();
    } else if (onResult && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.field.focus(); // the key's own text lands in the field
    }
  }
}

customElements.define("jump-dialog", JumpDialog);
