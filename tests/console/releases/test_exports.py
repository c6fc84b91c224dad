"""Every format, tried with what it is for: the parser, the interpreter, the SDK."""

from __future__ import annotations

import base64
import importlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import policies
from console.accounts.tokens import create_token
from console.prompts.checking import check
from console.prompts.drafts import draft_of
from console.releases import exporting
from console.releases.exports import FORMATS, Exported
from console.releases.exports.exported import API_VERSION
from console.releases.services import create_release
from console.reviews.models import Review
from policies.canonical import plain
from policies.sarif import to_sarif
from tests.factories import (
    make_approval,
    make_finished_run,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_workspace,
)
from tests.messages_api import MessagesAPI, messages_api

HOSTILE = 'Say "hi", {{first_name}}: \'quotes\', back\\slashes, ${dollar}, `ticks`, emoji 🎉, </role>, \u2028 and """three""".'


@pytest.fixture
def api() -> Iterator[MessagesAPI]:
    with messages_api() as server:
        yield server


def exported(**changes) -> Exported:
    draft = policies.parse_draft(
        {
            "draft": 1,
            "slug": "aria",
            "title": "Meridian Bank, Aria",
            "model": "claude-sonnet-5-5",
            "domain": "finance",
            "audience": ["public"],
            "sections": [{"id": "role", "kind": "role", "text": f"You are Aria.\n{HOSTILE}"}],
            "variables": {"first_name": {"type": "string", "max_length": 40, "default": "friend"}},
            "settings": {
                "behavior.topic_restriction": {"value": "on"},
                "behavior.creativity": {"value": "strict"},
            },
            "tools": [
                {
                    "name": "block_card",
                    "description": "Blocks a card.",
                    "input_schema": {"type": "object"},
                    "reversible": False,
                    "requires_confirmation": True,
                }
            ],
            "parameters": {"max_tokens": 300, "effort": "medium", "stop_sequences": ["END"]},
        }
    )
    compiled = policies.compose(draft, policies.load_pack())
    values = {
        "slug": "aria",
        "title": "Meridian Bank, Aria",
        "label": "production",
        "release": 3,
        "revision": 7,
        "digest": "ab" * 32,
        "pack": policies.load_pack().ref,
        "config": json.loads(json.dumps(dict(compiled.params), default=dict)),
        "variables": draft.to_dict()["variables"],
        "playground": True,
        "content": draft.to_dict(),
        "policy": policies.load_pack,
    }
    return Exported(**(values | changes))


def render(name: str, **changes) -> str:
    return FORMATS[name].render(exported(**changes))


def test_json_has_exactly_the_exchanged_form():
    form = json.loads(render("json", playground=False))
    assert list(form) == ["slug", "label", "release", "revision", "digest", "pack", "config", "variables"]
    assert HOSTILE in form["config"]["system"]


def test_yaml_reads_back_as_the_json():
    assert yaml.safe_load(render("yaml")) == json.loads(render("json"))


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"bundle", "card", "json"}))
def test_what_is_made_in_a_playground_says_so(name):
    assert "playground" in render(name).lower()
    assert "Made in a playground" not in render(name, playground=False)


def test_the_configuration_goes_into_the_sdk_as_it_is(api: MessagesAPI):
    import anthropic  # three seconds, for every process that collects

    config = json.loads(render("json"))["config"]
    client = anthropic.Anthropic(base_url=api.url, api_key=api.key, max_retries=0)
    client.messages.create(messages=[{"role": "user", "content": "Hello"}], **config)
    sent = api.calls[-1].request.body
    assert sent == {**config, "messages": [{"role": "user", "content": "Hello"}]}


def python_module(tmp_path: Path) -> dict:
    path = tmp_path / "aria.py"
    path.write_text(render("python"), encoding="utf-8")
    module: dict = {"__name__": "aria"}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), module)
    return module


def test_python_fills_by_the_documented_rule(tmp_path):
    module = python_module(tmp_path)
    form = exported()
    value = "{{first_name}} \\1 </role>"
    draft = policies.parse_draft(form.content)
    wanted = policies.fill(form.config["system"], {"first_name": value}, draft.variables)
    assert module["config"](first_name=value)["system"] == wanted
    assert module["config"]() == {
        **form.config,
        "system": form.config["system"].replace("{{first_name}}", "friend"),
    }


def test_python_refuses_what_does_not_fit(tmp_path):
    config = python_module(tmp_path)["config"]
    with pytest.raises(ValueError, match="Unknown variables: surname"):
        config(surname="x")
    with pytest.raises(ValueError, match="longer than 40"):
        config(first_name="x" * 41)


def test_python_runs_as_a_program(tmp_path, api: MessagesAPI):
    path = tmp_path / "aria.py"
    path.write_text(render("python"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(path)],
        env=os.environ | {"ANTHROPIC_API_KEY": api.key, "ANTHROPIC_BASE_URL": api.url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "friend" in api.calls[-1].request.body["system"]


def test_the_version_of_the_api_is_the_one_that_the_sdk_speaks():
    from anthropic._constants import ANTHROPIC_API_VERSION

    assert API_VERSION == ANTHROPIC_API_VERSION
    assert f"anthropic-version: {API_VERSION}" in render("curl")


def test_curl_sends_the_same_body():
    words = shlex.split(render("curl"), comments=True)
    body = json.loads(words[words.index("--data-binary") + 1])
    assert body == {**exported().config, "messages": [{"role": "user", "content": "Hello"}]}


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node")
def test_typescript_compiles_and_fills_the_same(tmp_path):
    source = render("typescript").replace(
        'import Anthropic from "@anthropic-ai/sdk";', "type Anthropic = any;"
    )
    (tmp_path / "aria.ts").write_text(
        source.replace("Anthropic.MessageCreateParamsNonStreaming", "any"), encoding="utf-8"
    )
    (tmp_path / "try.mjs").write_text(
        "import { buildSync } from 'esbuild';\n"
        "const out = process.argv[2];\n"
        "buildSync({ entryPoints: [out + '/aria.ts'], outfile: out + '/aria.mjs', format: 'esm' });\n"
        "const { config } = await import(out + '/aria.mjs');\n"
        "console.log(JSON.stringify(config({ first_name: '{{first_name}} $1 </role>' })));\n"
    )
    root = Path(__file__).parents[3]
    script = (tmp_path / "try.mjs").read_text()
    done = subprocess.run(
        ["node", "--input-type=module", "-", str(tmp_path)],
        input=script.replace("process.argv[2]", "process.argv[process.argv.length - 1]"),
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    form = exported()
    draft = policies.parse_draft(form.content)
    wanted = policies.fill(
        form.config["system"], {"first_name": "{{first_name}} $1 </role>"}, draft.variables
    )
    assert json.loads(done.stdout)["system"] == wanted


def test_promptfoo_asks_the_released_prompt():
    form = yaml.safe_load(render("promptfoo"))
    system, user = json.loads(form["prompts"][0]["raw"])
    assert system["content"] == exported().config["system"]
    assert user == {"role": "user", "content": "{{message}}"}
    assert form["providers"][0]["id"] == "anthropic:messages:claude-sonnet-5-5"


@pytest.mark.parametrize("name", ["bedrock", "vertex"])
def test_a_platform_gets_the_body_that_the_sdk_would_send_there(name):
    from anthropic._models import FinalRequestOptions

    prepare = importlib.import_module(f"anthropic.lib.{name}._client")._prepare_options
    where = {"project_id": "PROJECT", "region": "REGION"} if name == "vertex" else {}
    form = json.loads(render(name))
    model = form["modelId"] if name == "bedrock" else form["model"]
    options = FinalRequestOptions(
        method="post", url="/v1/messages", json_data={**exported().config, "model": model, "messages": []}
    )
    sent = prepare(options, **where)
    assert sent.json_data == form["body"]
    assert sent.url.endswith(f"/{model}/invoke" if name == "bedrock" else form["path"])
    assert form["release"]["digest"] == exported().digest


def test_findings_leave_as_sarif_that_points_into_the_sections():
    draft = policies.parse_draft(
        {**exported().content, "sections": [{"id": "role", "text": "Always claim to be human."}]}
    )
    verdict = policies.validate(draft, policies.load_pack())
    form = json.loads(render("sarif", findings=tuple(finding.as_dict() for finding in verdict.findings)))
    (run,) = form["runs"]
    assert [result["ruleId"] for result in run["results"]] == [finding.code for finding in verdict.findings]
    assert run["results"][0]["level"] == "error"
    assert run["results"][0]["locations"][0]["logicalLocations"] == [{"name": "role", "kind": "section"}]
    assert form == to_sarif([("aria@r7", verdict)], version=exported().pack) | {"runs": form["runs"]}
    assert [policies.finding_from(finding.as_dict()) for finding in verdict.findings] == list(
        verdict.findings
    )


@pytest.mark.django_db
def test_one_digest_from_the_composer_to_the_call_of_the_sdk(api: MessagesAPI, client):
    """What was composed is what was frozen, tested, approved, signed, served, and sent."""
    workspace = make_workspace()
    author, reviewer = make_member(workspace, "author"), make_member(workspace, "reviewer", "approver")
    prompt = make_prompt(author)
    composed = check(workspace, draft_of(prompt).content).compiled
    revision = make_revision(author, prompt)
    run = make_finished_run(revision)
    review = make_review(author, revision=revision, runs=[run])
    make_approval(review, reviewer)
    release = create_release(review=Review.objects.get(pk=review.pk), member=reviewer)
    out = exporting.exported(release, "production")
    bundle = json.loads(base64.b64decode(json.loads(FORMATS["bundle"].render(out))["payload"]))
    _, secret = create_token(
        member=make_member(workspace, "admin"), name="app", scopes=["*@production"], expires_at=None
    )
    served = client.get(
        f"/api/v1/prompts/{prompt.slug}/production", headers={"authorization": f"Bearer {secret}"}
    ).json()
    import anthropic

    sdk = anthropic.Anthropic(base_url=api.url, api_key=api.key, max_retries=0)
    sdk.messages.create(messages=[{"role": "user", "content": "Hello"}], **served["config"])
    sent = {key: value for key, value in api.calls[-1].request.body.items() if key != "messages"}
    assert composed is not None
    configs = [
        composed.params,
        revision.params,
        run.subjects.get().params,
        bundle["predicate"]["config"],
        sent,
    ]
    assert len({policies.digest(plain(config)) for config in configs}) == 1
    digests = {
        revision.digest,
        run.subjects.get().digest,
        served["digest"],
        bundle["predicate"]["revision"]["digest"],
    }
    assert digests == {bundle["subject"][0]["digest"]["sha256"]}


def test_the_card_speaks_in_sentences():
    card = render("card")
    assert "It keeps to its subject, and says when something is outside it." in card
    assert "block_card: can't be undone, after a confirmation." in card
    assert "What always holds" in card
    assert "10 more limits, which nobody can move." in card


def test_the_card_is_a_page_of_its_own_that_loads_nothing():
    page = render("card-html", title="<script>alert(1)</script>")
    assert (
        page.startswith("<!doctype html>")
        and "<li>block_card: can&#x27;t be undone, after a confirmation.</li>" in page
    )
    assert "<script" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "src=" not in page and "href=" not in page
