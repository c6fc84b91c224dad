// Copies a digest, a snippet, an address: [data-copy] holds the text, [data-copy-from] names the element that does.

async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without TLS there is no clipboard API: let the browser copy a selection.
  const field = document.body.appendChild(document.createElement("textarea"));
  field.className = "visually-hidden";
  field.value = text;
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("refused");
}

/** Says so for a moment, to the eye in the button and to a screen reader beside it. */
function say(button, words) {
  button.parentElement.querySelector("[data-copied]")?.remove();
  const said = document.createElement("span");
  said.dataset.copied = "";
  said.className = "copied meta";
  said.setAttribute("role", "status");
  button.after(said);
  requestAnimationFrame(() => (said.textContent = words));
  setTimeout(() => said.remove(), 2000);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy], [data-copy-from]");
  if (!button) return;
  const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
  const text = source ? (source.value ?? source.textContent) : button.dataset.copy;
  const said = await write(text).then(
    () => "Copied",
    () => "Not copied: the browser refused",
  );
  say(button, said);
});
