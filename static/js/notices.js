// What happened, said above the page and to screen readers; and what htmx must not swap.

export const LOGGED_OUT = "logged-out";

/** Shows a notice. `action` is an optional element (link or button) beside the sentence. */
export function notify(text, { severity = "", title = "", action = null, key = "" } = {}) {
  const region = document.getElementById("notices");
  if (!region) return null;
  const former = key && region.querySelector(`[data-notice="${CSS.escape(key)}"]`);
  if (former && former.dataset.text === text) return former; // said already: screen readers need not hear it again
  if (former) former.remove();
  const notice = document.createElement("div");
  notice.className = "notice";
  if (severity) notice.dataset.severity = severity;
  if (key) Object.assign(notice.dataset, { notice: key, text });
  const sentence = notice.appendChild(document.createElement("p"));
  if (title) sentence.append(Object.assign(document.createElement("strong"), { textContent: title }), " ");
  sentence.append(text);
  const end = notice.appendChild(document.createElement("span"));
  end.className = "row";
  if (action) end.append(action);
  end.append(dismissal());
  region.append(notice);
  return notice;
}

export function retract(key) {
  document.querySelector(`#notices [data-notice="${CSS.escape(key)}"]`)?.remove();
}

/** The session ended. The page stays as it is, with all that was typed; whoever has something to add says so first. */
export function notifyLoggedOut(address, text = "This page stays as it is: log in in a new tab, and go on here.") {
  const link = Object.assign(document.createElement("a"), { className: "button small", textContent: "Log in in a new tab", href: address, target: "_blank" });
  return notify(text, { title: "You were logged out.", severity: "warn", action: link, key: LOGGED_OUT });
}

const isSaidLoggedOut = () => document.querySelector(`#notices [data-notice="${LOGGED_OUT}"]`) !== null;

function dismissal() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet small";
  button.textContent = "Dismiss";
  button.dataset.dismiss = "";
  return button;
}

/** Notices that the server rendered get their button here. */
function completeNotices() {
  for (const notice of document.querySelectorAll("#notices > .notice:not(:has([data-dismiss]))")) notice.append(dismissal());
}

const FAILED = {
  400: "The console did not understand that. Reload the page and try again.",
  403: "That is not allowed, or the page has been open for too long. Reload it and try again.",
  404: "That is no longer here. Reload the page.",
  413: "That is too large. Make it shorter and try again.",
  429: "Too much at once. Wait a moment and try again.",
};

document.addEventListener("click", (event) => event.target.closest?.("[data-dismiss]")?.closest(".notice")?.remove());
document.addEventListener("remit:notice", ({ detail }) => notify(detail.text ?? detail.value ?? "", detail));
document.addEventListener("remit:logged-out", ({ detail }) => isSaidLoggedOut() || notifyLoggedOut(detail.address));
document.addEventListener("htmx:afterSwap", completeNotices);

// An error page is never swapped into the region that asked. A problem that names #notices is; anything else is said.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { status } = detail.xhr;
  if (status < 400) retract(LOGGED_OUT);
  if (status < 400 || status === 422 || status === 401) return;
  if (detail.xhr.getResponseHeader("HX-Retarget")) {
    detail.shouldSwap = true;
  } else {
    notify(FAILED[status] ?? `The console could not do that (${status}). Nothing you typed is lost. Try again.`, { severity: "block", key: "failed" });
  }
});
document.addEventListener("htmx:sendError", () =>
  notify("The console does not answer. Nothing you typed is lost. Try again in a moment.", { severity: "warn", key: "failed" }),
);
document.addEventListener("htmx:beforeRequest", ({ target }) => target.setAttribute("aria-busy", "true"));
document.addEventListener("htmx:afterRequest", ({ target }) => target.removeAttribute("aria-busy"));

completeNotices();
