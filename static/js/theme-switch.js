// <theme-switch>: radios named `theme` whose values are "", "light" and "dark"; "" follows the system.
// The cookie lets the server write data-theme, so that no page flashes in the wrong colours.

class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.hidden = false; // without this script the switch could do nothing
    const current = document.documentElement.dataset.theme ?? "";
    for (const radio of this.querySelectorAll("input")) radio.checked = radio.value === current;
    this.addEventListener("change", ({ target }) => this.choose(target.value));
  }

  choose(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    const age = theme ? 31536000 : 0;
    document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  }
}

customElements.define("theme-switch", ThemeSwitch);
