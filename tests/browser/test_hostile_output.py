"""300 hostile texts wherever people and models write, in a real browser: no script, no request out, nothing for the policy."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.prompts.models import Prompt
from console.reviews.threads import open_thread
from console.trials.models import Chat, Conversation, Subject, Suite
from tests.factories import (
    make_finished_run,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_scenario,
    make_suite,
    make_workspace,
)
from tests.hostile_texts import HOSTILE_TEXTS

pytestmark = pytest.mark.chaos
LISTEN = """
window.broken = [];
addEventListener("securitypolicyviolation", (event) => broken.push(event.violatedDirective + " " + event.blockedURI));
addEventListener("DOMContentLoaded", () => localStorage.setItem("x", "1"));
"""
CHUNK = 60
EXPECT = [{"turn": 1, "kind": "contains", "value": HOSTILE_TEXTS[0]}]


def transcript() -> list[dict[str, Any]]:
    """Every text as what the user said, as the reply, as a tool's name, input and result."""
    entries: list[dict[str, Any]] = []
    for turn, text in enumerate(HOSTILE_TEXTS, 1):
        use = {"type": "tool_use", "id": f"t{turn}", "name": text[:60], "input": {text[:40]: text}}
        result = {"type": "tool_result", "tool_use_id": f"t{turn}", "content": text}
        entries += [
            {"role": "user", "content": text, "turn": turn},
            {
                "role": "assistant",
                "content": [{"type": "text", "text": text}, use],
                "turn": turn,
                "stop": "tool_use",
            },
            {"role": "user", "content": [result], "turn": turn, "notes": {f"t{turn}": [text]}},
            {
                "role": "assistant",
                "content": [{"type": "text", "text": text}],
                "turn": turn,
                "stop": "end_turn",
            },
        ]
    return entries


def sections() -> list[dict[str, str]]:
    return [
        {
            "id": f"s{n}",
            "kind": "free",
            "text": "\n".join(HOSTILE_TEXTS[n * CHUNK : (n + 1) * CHUNK]).replace("{{", "{ {"),
        }
        for n in range(len(HOSTILE_TEXTS) // CHUNK)
    ]


def furnish() -> tuple[Any, list[str]]:
    workspace = make_workspace("acme")
    author = make_member(workspace, "author", "reviewer", "approver", "admin", name="ada")
    type(author.user).objects.filter(pk=author.user_id).update(name=HOSTILE_TEXTS[0])
    prompt = make_prompt(author, "aria", domain="general", sections=sections())
    first = make_revision(author, prompt, message=HOSTILE_TEXTS[5][:200])
    revision = make_revision(author, prompt, text="You are Aria.", message=HOSTILE_TEXTS[9][:200])
    run = make_finished_run(
        revision, make_scenario(title=HOSTILE_TEXTS[0][:100], expect=EXPECT), baseline=first
    )
    Conversation.objects.filter(run=run).update(messages=transcript())
    Subject.objects.filter(run=run).update(label=HOSTILE_TEXTS[15][:40])
    review = make_review(author, revision=revision, runs=[run], title=HOSTILE_TEXTS[20][:200])
    for text in HOSTILE_TEXTS[::6]:
        open_thread(review=review, text=text, member=author)
    suite = make_suite(
        workspace, *(make_scenario(f"s{n}", text, title=text[:100]) for n, text in enumerate(HOSTILE_TEXTS))
    )
    Suite.objects.filter(pk=suite.suite_id).update(title=HOSTILE_TEXTS[0][:100])
    for n, text in enumerate(HOSTILE_TEXTS):
        Prompt.objects.create(workspace=workspace, slug=f"p{n}", title=text[:120])
    chat = Chat.objects.create(workspace=workspace, prompt=prompt, created_by=author.user)
    subject = Subject.objects.filter(run=run).first()
    assert subject is not None
    subject.pk, subject.run, subject.chat = None, None, chat
    subject.save()
    Conversation.objects.create(
        workspace=workspace, chat=chat, subject=subject, status="finished", messages=transcript()[:400]
    )
    at = "/w/acme"
    pages = [
        f"{at}/",
        *(f"{at}/prompts/?page={n}" for n in range(1, 5)),
        f"{at}/jump?q=script",
        f"{at}/prompts/aria/compose",
        f"{at}/prompts/aria/history",
        f"{at}/prompts/aria/revisions/{first.number}",
        f"{at}/prompts/aria/compare/{first.number}..{revision.number}",
        f"{at}/prompts/aria/trials/",
        f"{at}/prompts/aria/try?chat={chat.pk}",
        f"{at}/runs/{run.number}/",
        f"{at}/runs/{run.number}/cells/hello/",
        f"{at}/reviews/",
        f"{at}/reviews/{review.number}/",
        f"{at}/suites/",
        f"{at}/suites/{suite.suite.slug}/",
        f"{at}/members/",
        f"{at}/audit/",
    ]
    return author, pages


def test_hostile_texts_stay_texts(new_page, sign_in) -> None:
    author, pages = furnish()
    page: Page = new_page()
    sign_in(page, author.user)
    page.context.add_init_script(LISTEN)
    page.on("dialog", lambda dialog: page.complaints.append(f"dialog: {dialog.message}"))
    shown = 0
    for address in pages:
        answer = page.goto(address)
        assert answer and answer.status == 200, f"{address}: {answer and answer.status}"
        page.wait_for_load_state()
        if "compose" in address:
            expect(page.locator("prompt-editor").first).to_be_visible()
        assert page.evaluate("window.hit") is None, address
        assert page.evaluate("window.broken") == [], address
        strange = page.evaluate(
            """() => [...document.querySelectorAll("a[href], img, iframe, object, embed, form, [src], base, link")]
                .filter((e) => !(e.matches("a[rel~=noreferrer]") && e.protocol == "https:"))  // a comment's, to be pressed
                .map((e) => e.href || e.src || e.data || e.action || "")
                .filter((url) => url && typeof url == "string" && !url.startsWith(location.origin))"""
        )
        assert strange == [], address
        shown += page.evaluate("document.body.textContent.split('evil.example').length - 1")
    print(
        f"{len(HOSTILE_TEXTS)} texts on {len(pages)} pages, shown {shown} times as text; no script, no request out"
    )
    assert shown > 2 * len(HOSTILE_TEXTS)
