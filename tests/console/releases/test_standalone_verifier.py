"""The one-file verifier: in a Python that has nothing but ``cryptography``, against real releases and altered ones."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from console.embedded.layout import REPOSITORY
from console.releases import exporting
from console.releases.keys import current_key, listed, public_pem, revoke, rotate
from console.releases.models import Release
from console.releases.services import create_release
from console.reviews.models import Review
from tests.factories import make_approval, make_member, make_review, make_workspace

FOLDER = REPOSITORY / "docs" / "bundle"
# Everything but the standard library and cryptography is refused, as in an empty environment.
ALONE = """
import sys, runpy
class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ("cryptography", "cffi", "_cffi_backend"):
            raise ImportError(f"{name} would have to be installed")
sys.meta_path.insert(0, Refuse())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

Verify = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def release(db: None) -> Release:
    workspace = make_workspace("bank")
    author, reviewer = make_member(workspace, "author"), make_member(workspace, "reviewer", "approver")
    review = make_review(author)
    make_approval(review, reviewer, "Read and tried.")
    return create_release(review=Review.objects.get(pk=review.pk), member=reviewer, reason="First.")


@pytest.fixture
def bundle(release: Release) -> str:
    return exporting.FORMATS["bundle"].render(exporting.exported(release, "production"))


@pytest.fixture
def verify(tmp_path: Path) -> Verify:
    key = tmp_path / "remit.pub"
    key.write_text(public_pem(current_key()))

    def run(text: str, *more: str, key: Path = key) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "bundle.json"
        file.write_text(text)
        command = [
            sys.executable,
            "-I",
            "-c",
            ALONE,
            str(FOLDER / "verify_bundle.py"),
            str(file),
            str(key),
            *more,
        ]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    return run


def test_a_release_verifies_and_says_what_it_is(release: Release, bundle: str, verify: Verify) -> None:
    done = verify(bundle)
    assert done.returncode == 0, done.stderr
    assert release.revision.digest in done.stdout and "signature   good" in done.stdout
    config = json.loads(verify(bundle, "--print", "config").stdout)
    assert config == release.revision.params


def test_the_signed_statement_is_of_the_published_schema(bundle: str, verify: Verify) -> None:
    schema = json.loads((FOLDER / "release-v1.schema.json").read_text())
    statement = json.loads(verify(bundle, "--print", "statement").stdout)
    jsonschema.Draft202012Validator(schema).validate(statement["predicate"])


def altered(bundle: str, where: str) -> str:
    form = json.loads(bundle)
    if where == "payload":
        body = bytearray(base64.b64decode(form["payload"]))
        body[body.index(b"Meridian")] ^= 1
        form["payload"] = base64.b64encode(bytes(body)).decode()
    elif where == "signature":
        form["signatures"][0]["sig"] = base64.b64encode(Ed25519PrivateKey.generate().sign(b"x")).decode()
    elif where == "type":
        form["payloadType"] = "application/json"
    elif where == "none":
        form["signatures"] = []
    return json.dumps(form)


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("payload", "None of the given keys signed"),
        ("signature", "None of the given keys signed"),
        ("type", "payloadType is not"),
        ("none", "None of the given keys signed"),
    ],
)
def test_what_was_altered_is_refused(bundle: str, verify: Verify, where: str, sentence: str) -> None:
    done = verify(altered(bundle, where))
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "null", '{"payloadType": 1, "payloadType": 2}', "[" * 100_000]
)
def test_no_bundle_is_a_sentence(db: None, verify: Verify, text: str) -> None:
    done = verify(text)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_list_of_keys_says_what_is_revoked_and_what_retired(
    release: Release, bundle: str, verify: Verify, tmp_path: Path
) -> None:
    first = current_key()
    rotate()
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(listed()))
    assert f"key {first.name} (retired)" in verify(bundle, key=keys).stdout
    revoke(name=first.name, reason="It was on a lost laptop.")
    keys.write_text(json.dumps(listed()))
    done = verify(bundle, key=keys)
    assert done.returncode == 1 and f"{first.name}, was revoked on" in done.stderr
    keys.write_text("[1]")
    assert verify(bundle, key=keys).returncode == 1


def test_an_older_bundle_that_is_put_back_is_seen(bundle: str, verify: Verify) -> None:
    assert verify(bundle, "--at-least", "1").returncode == 0
    done = verify(bundle, "--at-least", "2")
    assert done.returncode == 1 and "an older bundle was put back" in done.stderr
    assert verify(bundle, "--at-least", "x").returncode == 2


def test_what_went_out_by_breaking_the_glass_is_refused_unless_it_is_accepted(
    db: None, verify: Verify
) -> None:
    workspace = make_workspace("shop")
    author, approver = make_member(workspace, "author"), make_member(workspace, "approver")
    review = make_review(author)
    out = create_release(
        review=review, member=approver, reason="The shop is down, and nobody else is here.", break_glass=True
    )
    text = exporting.FORMATS["bundle"].render(exporting.exported(out, "production"))
    done = verify(text)
    assert done.returncode == 1 and "breaking the glass" in done.stderr
    assert "glass       BROKEN by" in verify(text, "--accept-broken-glass").stdout
    schema = json.loads((FOLDER / "release-v1.schema.json").read_text())
    statement = json.loads(verify(text, "--accept-broken-glass", "--print", "statement").stdout)
    jsonschema.Draft202012Validator(schema).validate(statement["predicate"])
