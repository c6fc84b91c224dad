// <mention-field src="…">: around a textarea; what follows an @ is completed with the members that the address names.
// Nobody needs it: a login that is typed out is a mention too.

const WORD = /(?:^|[^\w@.+-])@([\w.+-]{0,40})$/;
let made = 0;

class MentionField extends HTMLElement {
  connectedCallback() {
    this.area = this.querySelector("textarea");
    if (!this.area || this.list) return;
    this.list = document.createElement("ul");
    this.list.role = "listbox";
    this.list.id = `mentions-${(made += 1)}`;
    this.list.ariaLabel = "Members";
    this.list.hidden = true;
    this.append(this.list);
    this.area.setAttribute("aria-autocomplete", "list");
    this.area.setAttribute("aria-controls", this.list.id);
    this.area.addEventListener("input", () => this.look());
    this.area.addEventListener("keydown", (event) => this.key(event));
    this.area.addEventListener("blur", () => this.close());
    // Before the field loses the focus.
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.take(event.target.closest("[role=option]"));
    });
  }

  typed() {
    return WORD.exec(this.area.value.slice(0, this.area.selectionStart))?.[1];
  }

  async look() {
    const word = this.typed();
    if (word === undefined) return this.close();
    const answer = await fetch(`${this.getAttribute("src")}?q=${encodeURIComponent(word)}`, { headers: { Accept: "application/json" } });
    // Somebody types on while the answer is under way.
    if (!answer.ok || this.typed() !== word) return;
    this.show((await answer.json()).people);
  }

  show(people) {
    this.list.replaceChildren(
      ...people.map(({ login, name }, index) => {
        const option = document.createElement("li");
        option.role = "option";
        option.id = `${this.list.id}-${index}`;
        option.dataset.login = login;
        option.textContent = name === login ? login : `${login}, ${name}`;
        return option;
      }),
    );
    this.list.hidden = people.length === 0;
    this.choose(0);
  }

  choose(index) {
    const options = [...this.list.children];
    this.at = options.length ? (index + options.length) % options.length : -1;
    options.forEach((option, number) => (option.ariaSelected = String(number === this.at)));
    if (this.at >= 0) this.area.setAttribute("aria-activedescendant", options[this.at].id);
  }

  key(event) {
    if (this.list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.choose(this.at + step);
    else if (event.key === "Enter" || event.key === "Tab") this.take(this.list.children[this.at]);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  take(option) {
    if (!option) return;
    const end = this.area.selectionStart;
    const start = end - this.typed().length;
    this.area.setRangeText(`${option.dataset.login} `, start, end, "end");
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }
}

customElements.define("mention-field", MentionField);
