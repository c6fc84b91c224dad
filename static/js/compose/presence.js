// Tells the server in which section somebody is, and shows who else is where.
import { csrfToken } from "../csrf.js";

const BEAT = 15_000; // ms; the server forgets after three times that
let section = "";

const url = () => document.querySelector("keyed-parts")?.dataset.presence;

function say(fields, { keepalive = false } = {}) {
  if (!url()) return;
  const body = new URLSearchParams(fields);
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken(document.getElementById("draft")) };
  // Whether it arrives is of no importance: the next beat says the same.
  fetch(url(), { method: "POST", body, headers, keepalive }).catch(() => {});
}

const here = () => document.hidden || say({ section });

document.addEventListener("focusin", ({ target }) => {
  const now = target.closest?.(".sheet")?.dataset.section;
  if (now === undefined || now === section) return;
  section = now;
  here();
});
document.addEventListener("visibilitychange", () => (document.hidden ? say({ leave: "1" }, { keepalive: true }) : here()));
addEventListener("pagehide", () => say({ leave: "1" }, { keepalive: true }));
setInterval(here, BEAT);
here();

/** Fetched, not an htmx region: a session that ended must not take the page away from what is being typed. */
async function refresh() {
  const address = url();
  const place = document.getElementById("presence");
  if (!address || !place) return;
  const version = document.querySelector("#draft [name=version]").value;
  const response = await fetch(`${address}?version=${version}`, { redirect: "manual" }).catch(() => null);
  if (!response?.ok) return;
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  const fresh = template.content.getElementById("presence");
  if (fresh) place.replaceWith(fresh);
  mark();
}

document.addEventListener("live", refresh);

/** The sections that others are in say so themselves. */
function mark() {
  const there = new Map([...document.querySelectorAll("#presence [data-in-section]")].map(({ dataset }) => [dataset.inSection, dataset.who]));
  for (const sheet of document.querySelectorAll(".sheet")) {
    const who = there.get(sheet.dataset.section);
    sheet.toggleAttribute("data-other", Boolean(who));
    sheet.querySelector("[data-there]").textContent = who ? ` · ${who} is editing here` : "";
  }
}

mark();
