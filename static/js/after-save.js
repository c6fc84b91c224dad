// [data-after-save]: a request or form that must see what was typed last, such as a snapshot, waits for the drafts.

async function allSaved() {
  const drafts = [...document.querySelectorAll("draft-form")];
  const saved = await Promise.all(drafts.map((draft) => draft.flush()));
  return saved.every(Boolean);
}

document.addEventListener("htmx:confirm", async (event) => {
  if (!event.target.closest("[data-after-save]") || event.defaultPrevented) return;
  event.preventDefault();
  if (await allSaved()) event.detail.issueRequest();
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-after-save]:not([hx-post])") || event.defaultPrevented) return;
  event.preventDefault();
  if (await allSaved()) HTMLFormElement.prototype.submit.call(form);
});
