// The CSRF token as it is now: logging in again, in another tab, changes the cookie but not this page.

export function csrfToken(form) {
  const cookie = /(?:^|;\s*)(?:__Host-)?remit-csrf=([^;]+)/.exec(document.cookie);
  return cookie ? cookie[1] : (form?.elements.csrfmiddlewaretoken?.value ?? "");
}
