"""DSSE as the specification has it, and bundles that somebody tampered with."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from console.releases.dsse import PAYLOAD_TYPE, BadEnvelope, envelope, pae, verify
from console.releases.keys import keyid_of
from console.releases.statement import PREDICATE_TYPE, STATEMENT_TYPE
from console.releases.verification import check_bundle
from policies.canonical import canonical_json

KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw()
KEYS = {keyid_of(PUBLIC): PUBLIC}


def signed(body: bytes, key: Ed25519PrivateKey = KEY) -> dict:
    signature = key.sign(pae(PAYLOAD_TYPE, body))
    keyid = keyid_of(key.public_key().public_bytes_raw())
    return envelope(body, [{"keyid": keyid, "sig": base64.standard_b64encode(signature).decode()}])


def statement(**changes) -> bytes:
    predicate = {
        "prompt": {"workspace": "w", "slug": "aria", "title": "Aria"},
        "release": 1,
        "revision": {"number": 2, "digest": "ab" * 32},
        "pack": {"ref": "claude@2026.1", "digest": "cd" * 32},
        "evidence": {"digest": "", "runs": []},
        "approvals": [{"by": "Mara"}],
        "playground": False,
    }
    form = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": "aria@2", "digest": {"sha256": "ab" * 32}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }
    return canonical_json(form | changes)


def test_the_encoding_is_that_of_the_specification():
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@given(st.text(), st.binary(), st.text(), st.binary())
def test_no_two_messages_share_an_encoding(kind, body, other_kind, other_body):
    assert (pae(kind, body) == pae(other_kind, other_body)) == ((kind, body) == (other_kind, other_body))


def test_a_good_bundle_verifies():
    assert check_bundle(json.dumps(signed(statement())), KEYS).predicate["release"] == 1


def test_the_other_base64_alphabet_is_accepted():
    form = signed(b"\xff\xfe\xfd" * 9)
    form["payload"] = form["payload"].replace("+", "-").replace("/", "_")
    assert verify(form, KEYS).body == b"\xff\xfe\xfd" * 9


@given(st.integers(min_value=0))
def test_a_flipped_bit_is_seen(at):
    form = signed(statement())
    body = bytearray(base64.b64decode(form["payload"]))
    body[at % len(body)] ^= 1 << (at % 8)
    form["payload"] = base64.standard_b64encode(body).decode()
    with pytest.raises(BadEnvelope, match="No key that is known here"):
        verify(form, KEYS)


def test_a_key_that_signed_twice_counts_once():
    form = signed(statement())
    form["signatures"] *= 2
    assert len(verify(form, KEYS).keyids) == 1


def test_another_key_does_not_verify_whatever_its_hint_says():
    form = signed(statement(), Ed25519PrivateKey.generate())
    form["signatures"][0]["keyid"] = keyid_of(PUBLIC)
    with pytest.raises(BadEnvelope, match="No key"):
        verify(form, KEYS)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"payloadType": "application/json"}, "payloadType"),
        ({"payload": "%%%"}, "not base64"),
        ({"signatures": []}, "no signature"),
        ({"signatures": [{"sig": 7}]}, "No key"),
        ({"signatures": "good"}, "no signature"),
    ],
)
def test_what_is_no_envelope_is_one_sentence(change, sentence):
    with pytest.raises(BadEnvelope, match=sentence):
        verify(signed(statement()) | change, KEYS)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"predicateType": "urn:other:v1"}, "urn:other:v1"),
        ({"subject": [{"name": "aria@2", "digest": {"sha256": "ef" * 32}}]}, "contradicts itself"),
        ({"predicate": []}, "no release"),
    ],
)
def test_a_signature_alone_makes_no_release(change, sentence):
    with pytest.raises(BadEnvelope, match=sentence):
        check_bundle(json.dumps(signed(statement(**change))), KEYS)


def test_a_duplicate_key_in_the_envelope_is_refused():
    text = json.dumps(signed(statement()))
    with pytest.raises(BadEnvelope, match="This is no bundle"):
        check_bundle(text[:-1] + ', "payload": ""}', KEYS)
