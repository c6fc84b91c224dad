// <chat-pane>: sends the message form, and shows the answer while it is still being written, in one column or in two.
// What a model says is only ever text here; the finished turn comes from the server's own template.
import { csrfToken } from "./csrf.js";
import { eventsOf } from "./event-stream.js";
import { notify } from "./notices.js";

const BEGINS = 2000; // ms in which a message that is stopped must at least have arrived
const STOPS = 1500; // ms after which the console is asked once more to stop
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class ChatPane extends HTMLElement {
  #request = null;
  #arrived = null; // resolves when the console begins to tell of the answer
  #stopping = false;

  connectedCallback() {
    this.form = this.querySelector("form");
    this.field = this.form.querySelector("textarea");
    this.stopButton = this.querySelector("[data-stop]");
    this.form.addEventListener("submit", (event) => {
      if (event.submitter?.hasAttribute("formaction")) return; // another form's work: it leaves the page
      event.preventDefault();
      this.send(event.submitter);
    });
    this.field.addEventListener("keydown", (event) => this.#enter(event));
    this.stopButton?.addEventListener("click", () => this.stop());
    for (const list of this.querySelectorAll("[data-turns]")) list.scrollTop = list.scrollHeight;
  }

  disconnectedCallback() {
    this.#request?.abort(); // the answer is finished all the same, and is there when somebody comes back
  }

  /** Ends the call to the model. What came stays, and comes with the rest of this stream. */
  async stop() {
    const request = this.#request;
    if (!request || this.#stopping) return;
    this.#stopping = true;
    await Promise.race([this.#arrived.promise, pause(BEGINS)]);
    if (!this.#arrived.done) return request.abort();
    while (this.#request === request) {
      if (!(await this.#askToStop())) return void (this.#stopping = false);
      await pause(STOPS);
    }
  }

  async #askToStop() {
    const body = new URLSearchParams({ chat: this.form.elements.chat.value });
    const headers = { Accept: "application/json", "X-CSRFToken": csrfToken(this.form) };
    const response = await fetch(this.stopButton.dataset.stop, { method: "POST", body, headers, redirect: "manual" }).catch(() => null);
    if (response?.ok) return true;
    notify(response ? await refusal(response) : "The console does not answer, so the answer goes on.", { severity: "warn", key: "chat" });
    return false;
  }

  /** Enter sends, Shift+Enter is a new line. */
  #enter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  /** Sends what is typed; or, by a button named "again", asks once more for the answers that did not come. */
  async send(submitter = null) {
    const again = submitter?.name === "again";
    const message = again ? "" : this.field.value;
    if (this.#request || !(again || message.trim())) return;
    this.#request = new AbortController();
    this.#arrived = arrival();
    const body = new URLSearchParams(new FormData(this.form));
    body.delete("csrfmiddlewaretoken");
    if (again) (body.delete("message"), body.set("again", submitter.value));
    // Sent before anything is drawn: laying the page out takes as long as the console needs to ask the model.
    const exchanged = this.#exchange(body).catch((error) => this.#fail(this.#reason(error)));
    this.#busy(true);
    const columns = this.#columns().filter((column) => !again || column.querySelector("[data-unanswered]"));
    this.answers = new Map(columns.map((column) => [column.dataset.column ?? "", again ? this.#beginAgain(column) : this.#begin(column, message)]));
    if (!again) this.field.value = "";
    await exchanged;
    this.#giveBack(message);
    this.#request = null;
    this.#stopping = false;
    this.#busy(false);
    this.field.focus();
  }

  async #exchange(body) {
    const headers = { Accept: "text/event-stream", "X-CSRFToken": csrfToken(this.form) };
    const { signal } = this.#request;
    const response = await fetch(this.form.action, { method: "POST", body, headers, signal, redirect: "manual" });
    if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) return this.#fail(await refusal(response));
    for await (const { name, data } of eventsOf(response)) {
      if (name === "done") return true;
      this.#receive(name, JSON.parse(data || "{}"));
    }
    return this.#fail("The answer was cut off. What came is shown; send the message again to go on.");
  }

  #receive(name, { column, text, html, message, chat, url, regions }) {
    const answer = this.answers.get(column === undefined ? "" : String(column)) ?? this.answers.values().next().value;
    if (name === "delta") this.#append(answer, text);
    else if (name === "turn") this.#settle(answer, html);
    else if (name === "error") this.#fail(message, answer);
    else if (name === "chat") this.#begun(chat, url);
    else if (name === "page") this.#replace(regions);
  }

  #columns() {
    const columns = [...this.querySelectorAll("[data-column]")];
    return columns.length ? columns : [this];
  }

  /** The person's message and an empty answer at the end of a column. */
  #begin(column, message) {
    const list = column.querySelector("[data-turns]");
    list.querySelector("[data-no-turns]")?.remove();
    const said = list.appendChild(document.createElement("div"));
    said.className = "said";
    said.textContent = message;
    const answer = list.appendChild(document.createElement("div"));
    answer.className = "answer";
    answer.setAttribute("aria-busy", "true");
    answer.append(document.createElement("p"));
    list.scrollTop = list.scrollHeight;
    return { said, answer, list };
  }

  /** The answer that did not come makes room for another try; it returns if that brings nothing. */
  #beginAgain(column) {
    const list = column.querySelector("[data-turns]");
    const was = column.querySelector("[data-unanswered]");
    const answer = document.createElement("div");
    answer.className = "answer";
    answer.setAttribute("aria-busy", "true");
    answer.append(document.createElement("p"));
    was.replaceWith(answer);
    return { was, answer, list };
  }

  /** The first message made the chat: from now on it has an address, and the form names it. */
  #begun(chat, url) {
    this.#arrived.arrive();
    this.form.elements.chat.value = chat;
    history.replaceState(history.state, "", url);
  }

  /** Regions beside the chat that say something else now: id -> the server's own HTML. */
  #replace(regions) {
    for (const [id, html] of Object.entries(regions)) {
      const region = document.getElementById(id);
      if (!region || region.contains(document.activeElement)) continue;
      region.outerHTML = html;
      window.htmx?.process(document.getElementById(id));
    }
  }

  #append({ answer, list }, text) {
    const following = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    answer.firstElementChild.append(text);
    if (following) list.scrollTop = list.scrollHeight;
  }

  #settle(entry, html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const turns = [...template.content.children];
    entry.answer.replaceWith(...turns);
    for (const turn of turns) window.htmx?.process(turn);
    entry.answer = turns.at(-1) ?? entry.answer;
    entry.settled = true;
    this.#busy(true); // a "Try again" that came with the turn waits for the other column
    entry.list.scrollTop = entry.list.scrollHeight;
  }

  #fail(message, only = null) {
    if (message) notify(message, { severity: this.#stopping ? "info" : "warn", key: "chat" });
    for (const entry of only ? [only] : this.answers.values()) entry.answer.removeAttribute("aria-busy");
    return false;
  }

  #reason(error) {
    return error.name === "AbortError" ? "" : "The console does not answer. Your message is back in the field.";
  }

  /** Where nothing came back, the message was not said: it returns to the field. */
  #giveBack(message) {
    const entries = [...this.answers.values()];
    if (entries.some(({ settled, answer }) => settled || answer.textContent)) return;
    for (const { said, answer, was } of entries) {
      if (was) answer.replaceWith(was);
      else for (const turn of [said, answer]) turn.remove();
    }
    this.field.value ||= message;
  }

  #busy(on) {
    this.form.setAttribute("aria-busy", String(on));
    // form.elements: also the buttons beside an answer, which stand outside the form
    for (const button of this.form.elements) if (button.matches("button:not([data-stop], [formaction])")) button.disabled = on;
    if (this.stopButton) this.stopButton.hidden = !on;
  }
}

function arrival() {
  const arrival = { done: false };
  arrival.promise = new Promise((resolve) => (arrival.arrive = () => ((arrival.done = true), resolve())));
  return arrival;
}

async function refusal(response) {
  if (response.type === "opaqueredirect" || response.status === 401) return "You were logged out. Log in again in another tab, then send the message again.";
  const json = /json/.test(response.headers.get("Content-Type") ?? "");
  const { detail } = json ? await response.json() : {};
  return detail ?? `The console could not send that (${response.status}). Try again.`;
}

customElements.define("chat-pane", ChatPane);
