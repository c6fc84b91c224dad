"""The editor: a field that works without it, findings in place, nothing that the security policy refuses."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage

TEXT = "Hello 👋👩‍🔬 {{name}}.\nAlways agree.\n- one"
QUOTE = "Always agree"


def finding(
    quote: str = QUOTE, section: str = "task", text: str = TEXT, **known: object
) -> dict[str, object]:
    start = text.index(quote)
    return {
        "section": section,
        "start": start,
        "end": start + len(quote),
        "quote": quote,
        "severity": "block",
        "tier": "limit",
        "rule": "limit.user_deception",
        "code": "DEC104",
        "title": "Flattery",
        "message": "Agreeing with everything misleads.",
        "anchor": f"finding-{start}",
        "about": "#about",
    } | known


def editors(*findings: dict[str, object], text: str = TEXT) -> str:
    return f"""
      <ol><li id="finding-{text.find(QUOTE)}"><details><summary>Flattery</summary></details>
        <button type="button" data-show-finding="finding-{text.find(QUOTE)}" hidden>Show</button>
        <button type="button" data-apply-fix="Agree where it is true" hidden>Apply fix</button></li></ol>
      <form>
        <prompt-editor data-section="role" data-label="Role"><textarea name="role" aria-label="Role">First
second</textarea></prompt-editor>
        <prompt-editor data-section="task" data-label="Task"><textarea name="task" aria-label="Task">{text}</textarea></prompt-editor>
        <script type="application/json" data-variables>[{{"name": "name", "trusted": false}}, {{"name": "note", "trusted": true}}]</script>
      </form>
      <script type="application/json" data-findings>{json.dumps(findings)}</script>"""


def selected(page: Page) -> str:
    return page.evaluate("getSelection().toString()")


@pytest.fixture
def page_with(fill: Callable[[str], Page]) -> Callable[..., Page]:
    def filled(*findings: dict[str, object], text: str = TEXT) -> Page:
        page = fill(editors(*findings, text=text))
        page.evaluate("document.dispatchEvent(new CustomEvent('remit:findings'))")
        return page

    return filled


def test_what_is_typed_is_in_the_field_and_announced(page_with) -> None:
    page = page_with()
    page.evaluate(
        "window.heard = 0; document.querySelector('form').addEventListener('input', e => { if (e.target.name) heard++ })"
    )
    page.get_by_role("textbox", name="Role").press("Control+End")
    page.keyboard.type(" third")
    assert page.evaluate("new FormData(document.querySelector('form')).get('role')") == "First\nsecond third"
    assert page.evaluate("heard") > 0


def test_each_line_runs_the_way_its_own_words_do(page_with) -> None:
    page = page_with(text="أنت آريا.\nYou are Aria.")
    lines = page.get_by_role("textbox", name="Task").locator(".cm-line")
    expect(lines.nth(1)).to_have_css("direction", "ltr")
    expect(lines.first).to_have_css("direction", "rtl")


def test_a_field_that_a_script_writes_is_followed(page_with) -> None:
    page = page_with()
    page.evaluate(
        "const f = document.querySelector('[name=role]'); f.value = 'Restored'; f.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    expect(page.get_by_role("textbox", name="Role")).to_have_text("Restored")


def test_a_finding_behind_emoji_is_underlined_where_it_is(page_with) -> None:
    page = page_with(finding(), finding("{{name}}", severity="warn", tier="guideline"))
    expect(page.locator(".mark[data-severity=block]")).to_have_text(QUOTE)
    expect(page.locator(".mark[data-severity=warn]")).to_have_text("{{name}}")
    expect(page.locator(".cm-pins .pin")).to_have_count(2)


def test_a_finding_follows_what_is_typed_and_is_dropped_when_its_words_are_gone(page_with) -> None:
    page = page_with(finding())
    page.get_by_role("textbox", name="Task").press("Control+Home")
    page.keyboard.type("Once more: ")
    expect(page.locator(".mark")).to_have_text(QUOTE)
    page.evaluate("f => document.dispatchEvent(new CustomEvent('remit:findings', {detail: [f]}))", finding())
    expect(page.locator(".mark")).to_have_text(QUOTE)
    gone = finding() | {"quote": "no such words"}
    page.evaluate("f => document.dispatchEvent(new CustomEvent('remit:findings', {detail: [f]}))", gone)
    expect(page.locator(".mark")).to_have_count(0)


def test_f8_steps_through_all_editors_and_opens_the_list(page_with) -> None:
    page = page_with(
        finding(), finding("second", section="role", text="First\nsecond", anchor="finding-role")
    )
    page.locator("body").press("F8")
    assert selected(page) == "second"
    page.keyboard.press("F8")
    assert selected(page) == QUOTE
    expect(page.locator("#finding-" + str(TEXT.index(QUOTE)) + " details")).to_have_attribute("open", "")
    expect(page.locator(".finding-card")).to_contain_text("Agreeing with everything misleads.")
    page.keyboard.press("Escape")
    expect(page.locator(".finding-card")).to_have_count(0)
    page.keyboard.press("Shift+F8")
    assert selected(page) == "second"


def test_the_list_shows_a_finding_in_the_text_and_applies_its_fix(page_with) -> None:
    page = page_with(finding())
    page.get_by_role("button", name="Show").click()
    assert selected(page) == QUOTE
    page.get_by_role("button", name="Apply fix").click()
    assert "Agree where it is true." in page.locator("[name=task]").input_value()
    page.keyboard.press("Control+z")
    assert page.locator("[name=task]").input_value() == TEXT


def test_the_card_of_a_finding_offers_its_replacement(page_with) -> None:
    page = page_with(finding(replacement="Agree where it is true"))
    page.locator(".mark").hover()
    card = page.locator(".finding-card")
    expect(card.get_by_role("link", name="About DEC104")).to_be_visible()
    card.get_by_role("button", name="Apply fix").click()
    assert "Agree where it is true." in page.locator("[name=task]").input_value()


def test_variables_are_marked_by_trust_and_completed(page_with) -> None:
    page = page_with(text="{{name}} {{other}}")
    expect(page.locator(".var[data-trust=untrusted]")).to_have_text("{{name}}")
    expect(page.locator(".var[data-trust=undeclared]")).to_have_text("{{other}}")
    page.get_by_role("textbox", name="Role").press("Control+End")
    page.keyboard.type(" {{no")
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("{{note}}")
    page.wait_for_timeout(100)  # the list ignores Enter in its first moment, lest one types into it
    page.keyboard.press("Enter")
    assert page.locator("[name=role]").input_value() == "First\nsecond {{note}}"


def test_lines_are_numbered_through_all_sections(page_with) -> None:
    page = page_with()
    numbers = page.locator("prompt-editor[data-section=task] .cm-lineNumbers .cm-gutterElement")
    expect(numbers.filter(visible=True).first).to_have_text("3")
    page.get_by_role("textbox", name="Role").press("Control+End")
    page.keyboard.press("Enter")
    expect(numbers.filter(visible=True).first).to_have_text("4")


def test_tab_and_escape_lead_out(page_with) -> None:
    page = page_with()
    page.get_by_role("textbox", name="Role").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Task")).to_be_focused()


def test_moved_in_the_page_it_keeps_its_history(page_with) -> None:
    page = page_with()
    page.get_by_role("textbox", name="Role").press("Control+End")
    page.keyboard.type("!")
    page.evaluate("const [a, b] = document.querySelectorAll('prompt-editor'); b.after(a)")
    page.get_by_role("textbox", name="Role").focus()
    page.keyboard.press("Control+z")
    assert page.locator("[name=role]").input_value() == "First\nsecond"


def test_taken_out_and_put_back_it_is_an_editor_again(page_with) -> None:
    page = page_with()
    page.evaluate(
        "new Promise(done => { const editor = document.querySelector('prompt-editor'); editor.remove();"
        " setTimeout(() => { document.querySelector('form').prepend(editor); done(); }) })"
    )
    expect(page.locator(".cm-editor")).to_have_count(2)
    expect(page.locator("textarea:visible")).to_have_count(0)


def test_without_a_script_it_is_a_field(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/style/")
    expect(page.get_by_role("textbox", name="Task, text of the section")).to_be_editable()
    expect(page.locator(".cm-editor")).to_have_count(0)
