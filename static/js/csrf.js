// The CSRF token as it is now: logging in again, in another tab, changes the cookie but not this page.

export function csrfToken(form) {
  const cookie = /(?:^|;\s*)(?:__Host-)?remit-csrf=([^;]+)/.exec(document.cookie);
  return cookie ? cookie[1] : (form?.elements.csrfmiddlewaretoken?.value ?? "");
}

export function renewToken(form) {
  const field = form.elements.csrfmiddlewaretoken;
  if (field) field.value = csrfToken(form);
}

// What was rendered before such a log-in would be refused: forms and htmx send the token of now.
document.addEventListener("submit", ({ target }) => renewToken(target), { capture: true });
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const token = csrfToken();
  if (!token) return;
  detail.headers["X-CSRFToken"] = token;
  delete detail.parameters.csrfmiddlewaretoken; // Django would read it first
});
