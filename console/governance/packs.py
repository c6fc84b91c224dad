"""The policies that a workspace can have: the built-in ones, and those that it published, which are rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import policies
from console.accounts.models import Workspace
from console.governance.models import KeptPack, PublishedPack
from policies import Pack, PackError, PackRef, Problem


def refs(workspace: Workspace) -> tuple[PackRef, ...]:
    """All that can be put in force here: built-in ones first, then the workspace's own, oldest version first."""
    own = workspace.packs.order_by("name", "pk").values_list("name", "version", "title", "digest")
    return (*policies.list_packs(), *(PackRef(*row) for row in own))


def load(workspace: Workspace, ref: str, digest: str = "") -> Pack:
    """A policy by ``name@version``, or the newest of a name. Raises PackError.

    With the ``digest`` that it is known by, it says what it said then, whatever is installed by now; what is neither
    installed nor kept is answered by the installed one, so whoever gives a digest looks at that of the answer. One that
    was read before costs no statement.
    """
    name, _, version = ref.partition("@")
    if name in _built_in_names():
        return _as_known(digest, ref, lambda: policies.load_pack(ref))
    if not digest:
        rows = workspace.packs.filter(name=name, **({"version": version} if version else {}))
        row = rows.order_by("-pk").values_list("version", "digest").first()
        if row is None:
            raise _unknown(workspace, ref)
        version, digest = row
    return _published(workspace.pk, name, version, digest)


def keep(workspace: Workspace, pack: Pack) -> None:
    """Keep what a policy says that is published or put in force here."""
    if KeptPack.objects.filter(pk=pack.digest).exists():
        return
    built_in = pack.name in _built_in_names()
    source = None if built_in else bytes(workspace.packs.get(name=pack.name, version=pack.version).source)
    kept = KeptPack(digest=pack.digest, content=policies.content_of(pack, source))
    KeptPack.objects.bulk_create([kept], ignore_conflicts=True)


def _as_known(digest: str, ref: str, read: Callable[[], Pack]) -> Pack:
    """What ``read`` gives, or what was kept under ``digest`` where that is not to be had or says something else by now."""
    try:
        pack = read()
    except PackError:  # not installed any more, or it extends what is not
        if digest and (kept := _kept(digest, ref)):
            return kept
        raise
    return pack if digest in ("", pack.digest) else _kept(digest, ref) or pack


def _kept(digest: str, ref: str) -> Pack | None:
    try:
        return _read_kept(digest, ref)
    except KeptPack.DoesNotExist:
        return None


@lru_cache(maxsize=8)
def _read_kept(digest: str, ref: str) -> Pack:
    pack = policies.read_content(bytes(KeptPack.objects.get(pk=digest).content), ref)
    if pack.digest != digest:
        raise PackError(ref, [Problem("", "What was kept of it is not what was put in force.")])
    return pack


def _built_in_names() -> frozenset[str]:
    return frozenset(ref.name for ref in policies.list_packs())


def _unknown(workspace: Workspace, ref: str) -> PackError:
    known = ", ".join(str(known) for known in refs(workspace))
    return PackError(ref[:80], [Problem("", f"There is no such policy here. Known: {known}.")])


@lru_cache(maxsize=32)
def _published(workspace: int, name: str, version: str, digest: str) -> Pack:
    row = PublishedPack.objects.filter(workspace=workspace, name=name, version=version).first()
    if row is None:
        raise PackError(f"{name}@{version}", [Problem("", "It is not published here any more.")])
    pack = _as_known(digest, str(row), lambda: policies.read_pack(bytes(row.source), str(row)))
    if pack.digest != digest:
        raise PackError(str(row), [Problem("", "Its content is not the one that was published.")])
    return pack
