// <live-region src="/…/events">: server-sent events become DOM events, so that htmx regions inside refresh themselves:
// hx-trigger="live from:closest live-region" hears all of them, "live:<event> from:…" one kind.
//
// A browser opens six connections to a host (HTTP/1.1) and would let streams use them all up: at most SLOTS of its tabs
// stream, the others poll; a hidden tab does neither, and catches up when it is looked at.
import { eventsOf } from "./event-stream.js";

const SLOTS = 3;
const POLL = 3000; // ms between two looks where there is no stream
const BELL = "bell"; // about whoever reads the page, not about what is in the region: see live-bell.js
const COALESCE = 300; // ms in which many events become one
const PATIENCE = 5; // failures in a row after which it polls
const wait = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

class LiveRegion extends HTMLElement {
  static observedAttributes = ["data-done"];
  #stop = null;
  #due = new Map();
  #visibility = () => (document.hidden ? this.close() : this.open({ late: true }));

  connectedCallback() {
    document.addEventListener("visibilitychange", this.#visibility);
    this.addEventListener("htmx:afterSettle", this);
    if (!document.hidden) this.open();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#visibility);
    this.close();
  }

  attributeChangedCallback() {
    if (this.done) this.close();
  }

  handleEvent() {
    if (this.done) this.close();
  }

  get done() {
    return this.hasAttribute("data-done") || this.querySelector("[data-live-done]") !== null;
  }

  open({ late = false } = {}) {
    if (this.#stop || this.done || !this.isConnected) return;
    this.#stop = new AbortController();
    if (late) this.announce("resync");
    this.#run(this.#stop.signal);
  }

  close() {
    this.#stop?.abort();
    this.#stop = null;
    for (const timer of this.#due.values()) clearTimeout(timer);
    this.#due.clear();
  }

  async #run(signal) {
    while (!signal.aborted && !this.done) {
      const streamed = await withSlot(signal, () => this.#listen(signal));
      if (!streamed) await wait(POLL, signal);
      if (!signal.aborted) this.announce(streamed ? "resync" : "poll");
    }
  }

  /** Streams until the server ends it or refuses; true when another attempt is worth while at once. */
  async #listen(signal) {
    for (let failures = 0; failures < PATIENCE && !signal.aborted; ) {
      try {
        const response = await fetch(this.getAttribute("src"), { headers: { Accept: "text/event-stream" }, signal });
        if (response.status !== 200 || !isStream(response)) return false; // 204 and 503: full; a log-in page: no right
        this.toggleAttribute("data-streaming", true);
        for await (const { name } of eventsOf(response)) {
          failures = 0;
          this.announce(name);
        }
        return true; // the server ends a stream after a while, so that it is authorised anew
      } catch {
        failures += 1;
        await wait(500 * 2 ** failures, signal);
      } finally {
        this.toggleAttribute("data-streaming", false);
      }
    }
    return false;
  }

  /** One DOM event for all of a kind that come within a moment; the last one is never lost. */
  announce(name) {
    if (this.#due.has(name)) return;
    const tell = () => {
      // While a region is being fetched they wait: a refresh that every event begins anew would never arrive.
      if (this.querySelector(".htmx-request")) return void this.#due.set(name, setTimeout(tell, COALESCE));
      this.#due.delete(name);
      if (name !== BELL) this.dispatchEvent(new CustomEvent("live", { bubbles: true, detail: name }));
      this.dispatchEvent(new CustomEvent(`live:${name}`, { bubbles: true, detail: name }));
    };
    this.#due.set(name, setTimeout(tell, COALESCE));
  }
}

const isStream = (response) => response.headers.get("Content-Type")?.startsWith("text/event-stream");

/** Runs `work` while holding one of the browser's slots; false when all are taken. */
async function withSlot(signal, work) {
  if (!navigator.locks) return work(); // only a page without TLS lacks them
  for (let slot = 0; slot < SLOTS && !signal.aborted; slot += 1) {
    let held = false;
    const result = await navigator.locks.request(`remit-stream-${slot}`, { ifAvailable: true }, (lock) => {
      held = lock !== null;
      return held ? work() : false;
    });
    if (held) return result;
  }
  return false;
}

customElements.define("live-region", LiveRegion);
