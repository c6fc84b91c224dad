// Says of a request that nobody made it: what polls, what a live event or the page's arrival asks for keeps no login alive.

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!detail.triggeringEvent?.isTrusted) detail.headers["Remit-By-Itself"] = "true";
});
