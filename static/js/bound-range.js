// <bound-range>: a range over everything that the policy knows, and the number field that is submitted.
// The range is clamped to what is permitted: the field's own min and max. Its thumb counts thousandths of the way,
// on a straight or a logarithmic scale, as the ruler behind it is drawn.

const STEPS = 1000;

class BoundRange extends HTMLElement {
  connectedCallback() {
    this.range = this.querySelector('input[type="range"]');
    this.number = this.querySelector('input[type="number"]');
    this.range.addEventListener("input", () => this.slide());
    this.range.addEventListener("keydown", (event) => this.step(event));
    this.number.addEventListener("input", () => this.show());
    this.show();
  }

  get ends() {
    return [Number(this.dataset.lowest), Number(this.dataset.highest)];
  }

  slide() {
    const [lowest, highest] = this.ends;
    const way = this.range.value / STEPS;
    const value = this.dataset.scale === "log" ? lowest * (highest / lowest) ** way : lowest + (highest - lowest) * way;
    this.write(rounded(value));
  }

  /** An arrow key moves the value itself, so that every one can be reached. */
  step(event) {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (!steps) return;
    event.preventDefault();
    this.write(Number(this.number.value) + steps * Number(this.number.step || 1));
    this.range.dispatchEvent(new Event("change", { bubbles: true }));
  }

  write(value) {
    this.number.value = Math.min(Math.max(value, Number(this.number.min)), Number(this.number.max));
    this.show();
  }

  show() {
    const { value } = this.number;
    const [lowest, highest] = this.ends;
    if (value !== "") {
      const way = this.dataset.scale === "log" ? Math.log(value / lowest) / Math.log(highest / lowest) : (value - lowest) / (highest - lowest);
      this.range.value = Math.round(way * STEPS);
      this.range.setAttribute("aria-valuetext", Number(value).toLocaleString());
    }
    const moved = value !== "" && Number(value) !== Number(this.dataset.default);
    this.closest(".bound")?.querySelector(".bound-name")?.toggleAttribute("data-moved", moved);
    if (this.number.checkValidity()) this.number.removeAttribute("aria-invalid");
    else this.number.setAttribute("aria-invalid", "true");
  }
}

/** Two figures that count: 1,400 and not 1,408.27. */
function rounded(value) {
  const unit = 10 ** Math.max(Math.floor(Math.log10(Math.abs(value) || 1)) - 1, 0);
  return Math.round(value / unit) * unit;
}

customElements.define("bound-range", BoundRange);
