// <keyed-parts data-url>: a save's answer brings all that depends on the draft: findings, compiled text, controls, state;
// when the judge has spoken, a request of its own does. Each arrives as an element with an id and is patched into the
// page (see patch.js).
import { patch, remember } from "./patch.js";

const HEARS = ["draft-saving", "draft-saved", "judge-asked", "live"];

// The controls are most of the page; an edit of the text leaves them as they are.
const controlsShown = () => document.getElementById("controls").dataset.state;

// Live events tell of others too; where there is no stream, only a judge that reads is worth looking after.
const concerns = (event) => event === "judged" || document.querySelector('#judge[data-judge="judging"]') !== null;

class KeyedParts extends HTMLElement {
  #asking = null; // the request that is under way
  #overtaken = false; // something was asked since the save began: its answer may be the older one, or the newer

  connectedCallback() {
    for (const part of document.querySelectorAll("[data-part]")) remember(part);
    for (const name of HEARS) document.addEventListener(name, this);
  }

  disconnectedCallback() {
    for (const name of HEARS) document.removeEventListener(name, this);
    this.#asking?.abort();
  }

  handleEvent({ type, detail }) {
    if (type === "draft-saving") {
      this.#overtaken = this.#asking !== null;
      detail.set("controls", controlsShown());
    } else if (type === "draft-saved" && detail.parts && !this.#overtaken) this.#show(detail.parts);
    else if (type !== "live" || concerns(detail)) this.#ask();
  }

  async #ask() {
    this.#overtaken = true;
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    try {
      const headers = { "HX-Request": "true", "HX-Target": "parts" };
      const response = await fetch(`${this.dataset.url}?controls=${controlsShown()}`, { headers, signal: asking.signal });
      if (response.ok) this.#show(await response.text());
    } catch (error) {
      // Without an answer the page shows what it showed; the autosave says what is wrong with the connection.
      if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
    } finally {
      if (this.#asking === asking) this.#asking = null;
    }
  }

  #show(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const none = document.getElementById("findings-list") === null;
    const behind = document.querySelector("draft-form")?.dirty; // somebody moved a control since: the next answer knows
    for (const part of template.content.children) {
      const current = document.getElementById(part.id);
      if (current && !(behind && part.id === "controls")) patch(current, part);
    }
    if (none) openWorst();
    document.dispatchEvent(new CustomEvent("remit:findings"));
    tellFacts();
  }
}

/** Where findings appear, the worst is open, unless the address names another. */
export function openWorst() {
  if (!document.querySelector(".finding > details[open]")) document.querySelector(".finding > details")?.setAttribute("open", "");
}

/** Counts and sizes that stand in parts of the page which are typed in, and so are never replaced. */
function tellFacts() {
  const facts = JSON.parse(document.querySelector("#draft-facts script").textContent);
  for (const place of document.querySelectorAll("[data-size]")) place.textContent = facts.size;
  for (const place of document.querySelectorAll("[data-count]")) place.textContent = facts[place.dataset.count];
  for (const [id, { facts: words, label }] of Object.entries(facts.sections)) {
    const sheet = document.getElementById(`section-${id}`);
    if (!sheet) continue;
    sheet.querySelector("[data-facts]").textContent = words;
    sheet.querySelector("[data-label]").textContent = label;
  }
}

customElements.define("keyed-parts", KeyedParts);
