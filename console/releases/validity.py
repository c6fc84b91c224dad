"""Whether a release may still be given to anybody new: counted from what holds now, not from what held then."""

from __future__ import annotations

from console.prompts.drafts import check
from console.releases.models import Release, SigningKey
from policies import Severity
from policies.canonical import plain


def why_not(release: Release) -> str:
    """Why a label may not come to point here by itself, as a sentence; empty when it may.

    Its revision is validated anew under the policy and the bounds in force; a release that was let out by breaking the
    glass, or that only a revoked key signed, is moved by a person or not at all.
    """
    checked = check(release.workspace, release.revision.content)
    blocking = [f for f in checked.verdict.findings if f.severity is Severity.BLOCK]
    if blocking:
        return f"it is blocked under {checked.governance.pack.ref}: {blocking[0].message}"
    if checked.compiled is None or plain(checked.compiled.params) != release.revision.params:
        return f"under {checked.governance.pack.ref} and the bounds in force it compiles to other words."
    if release.broken_glass:
        return "it was let out by breaking the glass."
    return "the key that signed it is revoked." if only_revoked(release) else ""


def only_revoked(release: Release) -> bool:
    """Whether no key that still counts signed it."""
    keys = SigningKey.objects.filter(keyid__in=[entry["keyid"] for entry in release.signatures])
    return all(key.revoked_at is not None for key in keys)
