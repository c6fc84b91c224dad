// <bound-range>: a range over everything that the policy knows, and the number field that is submitted.
// The range is clamped to what is permitted: the field's own min and max.

class BoundRange extends HTMLElement {
  connectedCallback() {
    this.range = this.querySelector('input[type="range"]');
    this.number = this.querySelector('input[type="number"]');
    this.range.addEventListener("input", () => this.slide());
    this.number.addEventListener("input", () => this.show());
    this.show();
  }

  slide() {
    const wanted = Number(this.range.value);
    const allowed = Math.min(Math.max(wanted, Number(this.number.min)), Number(this.number.max));
    this.range.value = allowed;
    this.number.value = allowed;
    this.show();
  }

  show() {
    const { value } = this.number;
    if (value !== "") this.range.value = value;
    const moved = value !== "" && Number(value) !== Number(this.dataset.default);
    this.closest(".bound")?.querySelector(".bound-name")?.toggleAttribute("data-moved", moved);
    if (this.number.checkValidity()) this.number.removeAttribute("aria-invalid");
    else this.number.setAttribute("aria-invalid", "true");
  }
}

customElements.define("bound-range", BoundRange);
