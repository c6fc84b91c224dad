// <live-bell src="/…/unread">: how many notifications wait, kept right while the page is open. A page that holds a stream
// is told by it (see live-region.js); any other asks now and then. A hidden tab does neither, and catches up when looked at.
const POLL = 30_000; // ms between two looks where there is no stream
const MOST = 99;

class LiveBell extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    for (const name of ["live:bell", "live:resync", "visibilitychange"]) document.addEventListener(name, this);
    this.#timer = setInterval(() => isStreaming() || this.handleEvent(), POLL);
  }

  disconnectedCallback() {
    for (const name of ["live:bell", "live:resync", "visibilitychange"]) document.removeEventListener(name, this);
    clearInterval(this.#timer);
  }

  handleEvent() {
    if (!document.hidden) this.#look();
  }

  async #look() {
    try {
      const response = await fetch(this.getAttribute("src"), { headers: { Accept: "application/json" } });
      if (response.ok) this.#show((await response.json()).unread);
    } catch {
      // the console does not answer: the next look may
    }
  }

  #show(unread) {
    const link = this.querySelector("a");
    const count = link.querySelector("b");
    link.setAttribute("aria-label", unread ? `Notifications, ${unread} unread` : "Notifications");
    if (!unread) count?.remove();
    else (count ?? link.appendChild(document.createElement("b"))).textContent = unread > MOST ? `${MOST}+` : unread;
  }
}

const isStreaming = () => document.querySelector("live-region[data-streaming]") !== null;

customElements.define("live-bell", LiveBell);
