// <draft-form data-save-url data-draft data-merge-url>: saves the form inside a moment after the last key.
// One save at a time; the version travels with it. Whatever goes wrong, what was typed stays in the form, and a copy
// of it in this browser. Says "draft-saving" with the fields, to which others may add what they want to know, and
// "draft-saved" with the answer.
import { csrfToken, renewToken } from "./csrf.js";
import { DraftCopy } from "./draft-copy.js";
import { LOGGED_OUT, notify, notifyLoggedOut, retract } from "./notices.js";

const PAUSE = 250; // ms after the last input: findings must be there half a second after a pause
const BACKOFF = [1000, 2000, 4000, 8000, 15000, 30000];
const KEEPALIVE = 60_000; // bytes; browsers refuse more
const PLAIN = 200_000; // characters of a body that is sent URL-encoded, which the server reads in a fifth of the time
const NOTICE = "draft";

const clock = (date) => date.toLocaleTimeString(undefined, { hour12: false });

class DraftForm extends HTMLElement {
  #edits = 0;
  #saved = 0;
  #timer = 0;
  #failures = 0;
  #saving = null;
  #conflict = false;
  #listening = null;

  connectedCallback() {
    this.form = this.querySelector("form");
    this.copy = new DraftCopy(this.dataset.draft);
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    for (const name of ["input", "change", "remit:changed"]) this.addEventListener(name, (event) => this.#changed(event), { signal });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.flush() : this.#retry()), { signal });
    this.addEventListener("save-now", () => this.flush(), { signal });
    window.addEventListener("online", () => this.#retry(), { signal });
    window.addEventListener("pagehide", () => this.#leave(), { signal });
    window.addEventListener("pageshow", (event) => event.persisted && location.reload(), { signal });
    window.addEventListener("beforeunload", (event) => this.#warn(event), { signal });
    if (this.hasAttribute("data-drop-copy")) this.copy.drop();
    // After the islands inside have their fields in place, so that nothing differs but what was typed.
    else queueMicrotask(() => this.#offerCopy());
  }

  disconnectedCallback() {
    this.#leave();
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  get dirty() {
    return this.#edits !== this.#saved;
  }

  /** Saves now if there is anything to save; resolves to whether all is saved. */
  async flush() {
    await this.#saving;
    if (this.dirty && !this.#conflict) await this.#save();
    return !this.dirty;
  }

  #changed(event) {
    // What a person changes was counted by its input event; text says it again when the field is left.
    if (event.type === "change" && event.isTrusted) return;
    if (event.target.closest?.("[data-save-ignore]")) return;
    this.#edits += 1;
    if (this.#conflict || this.#failures) this.copy.keep(this.form);
    if (this.#conflict) return;
    this.#say("Not saved yet");
    this.#schedule(PAUSE);
  }

  #schedule(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), delay);
  }

  #retry() {
    if (this.dirty && !this.#conflict) this.#schedule(0);
  }

  async #save() {
    if (this.#saving) return this.#schedule(PAUSE);
    const edits = this.#edits;
    this.#saving = this.#post().then((response) => this.#read(response, edits)).catch(() => this.#unreachable());
    await this.#saving;
    this.#saving = null;
  }

  #post() {
    const fields = new FormData(this.form);
    fields.delete("csrfmiddlewaretoken"); // the header is read from the cookie, which a new log-in changes
    this.form.dispatchEvent(new CustomEvent("draft-saving", { bubbles: true, detail: fields }));
    const encoded = new URLSearchParams(fields);
    const { length } = encoded.toString();
    const headers = { Accept: "application/json", "X-CSRFToken": csrfToken(this.form) };
    // Other alphabets are three times as long when encoded: a long text goes as it is. A small request outlives its page.
    const body = length < PLAIN ? encoded : fields;
    return fetch(this.dataset.saveUrl, { method: "POST", body, headers, redirect: "manual", keepalive: length < KEEPALIVE });
  }

  async #read(response, edits) {
    const json = /json/.test(response.headers.get("Content-Type") ?? "");
    const answer = json ? await response.json() : {};
    if (response.ok && json) this.#done(answer, edits);
    else if (response.status === 409) this.#conflicts(answer);
    else if (response.type === "opaqueredirect" || response.status === 401 || (response.status === 403 && !json)) this.#loggedOut();
    else if (response.status >= 400 && response.status < 500 && response.status !== 429) this.#refused(answer);
    else this.#unreachable();
  }

  #done(answer, edits) {
    const { version, saved, saved_at: savedAt } = answer;
    this.form.elements.version.value = version;
    this.#saved = edits;
    this.#failures = 0;
    retract(NOTICE);
    retract(LOGGED_OUT);
    this.#say(saved ?? `Saved ${clock(savedAt ? new Date(savedAt) : new Date())}, version ${version}`);
    if (this.dirty) this.#schedule(PAUSE);
    else this.copy.drop();
    this.form.dispatchEvent(new CustomEvent("draft-saved", { bubbles: true, detail: answer }));
  }

  /** `merge`: where the merge page is, when the server kept this text too; `merge_url`: where to send it for that. */
  #conflicts({ detail, merge, merge_url: mergeUrl = this.dataset.mergeUrl }) {
    this.#conflict = true;
    this.copy.keep(this.form);
    this.#say("Not saved: another version was saved first");
    const action = merge ? this.#link("Merge the two", merge) : this.#button("Merge the two", () => this.#sendTo(mergeUrl));
    notify(detail ?? "Somebody else saved this draft a moment ago. Nothing you typed is lost.", { title: "Not saved.", severity: "block", action, key: NOTICE });
  }

  #sendTo(url) {
    Object.assign(this.form, { action: url, method: "post" });
    renewToken(this.form); // this way of sending fires no submit event
    HTMLFormElement.prototype.submit.call(this.form);
  }

  #loggedOut() {
    const address = this.dataset.loginUrl ?? `/accounts/login/?next=${encodeURIComponent(location.pathname)}`;
    this.#hold("Not saved: logged out", 15000);
    notifyLoggedOut(address, "What you type is kept in this browser and saved when you have logged in again.");
  }

  #refused({ detail }) {
    this.copy.keep(this.form);
    this.#say("Not saved");
    notify(detail ?? "The console could not read the form. What you typed is still here, and kept in this browser.", { title: "Not saved.", severity: "block", key: NOTICE });
  }

  #unreachable() {
    this.#hold("Not saved yet, kept in this browser", BACKOFF[Math.min(this.#failures, BACKOFF.length - 1)]);
    notify("What you type is kept in this browser and saved when it answers again.", { title: "The console does not answer.", severity: "warn", key: NOTICE });
  }

  #hold(words, delay) {
    this.#failures += 1;
    this.copy.keep(this.form);
    this.#say(words);
    this.#schedule(delay);
  }

  /** The page goes away: a copy in case what is sent now, or on its way, does not arrive. */
  #leave() {
    if (!this.dirty) return;
    this.copy.keep(this.form);
    if (!this.#conflict) this.flush();
  }

  #warn(event) {
    if (this.dirty && !this.copy.keep(this.form)) event.preventDefault(); // nowhere to keep it: ask
  }

  #offerCopy() {
    const at = this.copy.unsaved(this.form);
    if (!at) return;
    const choice = document.createElement("span");
    choice.className = "row";
    choice.append(this.#button("Put it back", () => this.#restore()), this.#button("Discard it", () => (this.copy.drop(), retract(NOTICE))));
    notify(`What you typed here until ${at.toLocaleString()} was not saved. It is kept in this browser.`, { severity: "warn", action: choice, key: NOTICE });
  }

  #restore() {
    const homeless = this.copy.restore(this.form);
    retract(NOTICE);
    if (!homeless.length) return;
    const button = this.#button("Copy it", () => {});
    button.dataset.copy = homeless.join("\n\n");
    notify("Some of it belongs to sections that are no longer here.", { severity: "warn", action: button });
  }

  #button(label, onclick) {
    return Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: label, onclick });
  }

  #link(label, href) {
    return Object.assign(document.createElement("a"), { className: "button small", textContent: label, href });
  }

  #say(words) {
    for (const place of document.querySelectorAll("[data-save-state]")) place.textContent = words;
  }
}

customElements.define("draft-form", DraftForm);
