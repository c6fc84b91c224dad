"""What a browser without scripts would send: the successful controls of a form in a page."""

from __future__ import annotations

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self, form: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._form, self._inside, self._inert = form, False, 0
        self._select = self._textarea = ""
        self._option = False  # a chosen option whose text is its value
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "form":
            self._inside = found.get("id") == self._form
        if tag == "template":
            self._inert += 1
        if not self._inside or self._inert or "disabled" in found:
            return
        name, value = found.get("name") or "", found.get("value") or ""
        if tag == "input" and self._successful(found):
            self._add(name, value or ("on" if found.get("type") in ("checkbox", "radio") else ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in found:
            if "value" in found:
                self._add(self._select, value)
            else:
                self._option = True
        elif tag == "textarea":
            self._textarea, self._text = name, []

    @staticmethod
    def _successful(found: dict[str, str | None]) -> bool:
        return found.get("type") not in ("checkbox", "radio", "file", "submit") or "checked" in found

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._text.append(data)
        elif self._option:
            self._add(self._select, data.strip())
            self._option = False

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._inert -= 1
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._textarea:
            # The first line break after the tag is not part of the value; those in it are sent as CR LF.
            self._add(self._textarea, "".join(self._text).removeprefix("\n").replace("\n", "\r\n"))
            self._textarea = ""

    def _add(self, name: str, value: str) -> None:
        if name:
            self.fields.setdefault(name, []).append(value)


def fields_of(page: str, form: str) -> dict[str, list[str]]:
    """Names and values of the form with the id ``form``, as the test client takes them."""
    reader = _Reader(form)
    reader.feed(page)
    return reader.fields
