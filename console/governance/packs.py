"""The policies that a workspace can have: the built-in ones, and those that it published, which are rows."""

from __future__ import annotations

from functools import lru_cache

import policies
from console.accounts.models import Workspace
from console.governance.models import PublishedPack
from policies import Pack, PackError, PackRef, Problem


def refs(workspace: Workspace) -> tuple[PackRef, ...]:
    """All that can be put in force here: built-in ones first, then the workspace's own, oldest version first."""
    own = workspace.packs.order_by("name", "pk").values_list("name", "version", "title", "digest")
    return (*policies.list_packs(), *(PackRef(*row) for row in own))


def load(workspace: Workspace, ref: str, digest: str = "") -> Pack:
    """A policy by ``name@version``, or the newest of a name. Raises PackError.

    With the ``digest`` that it is known by, one that was read before costs no statement.
    """
    name, _, version = ref.partition("@")
    if name in _built_in_names():
        return policies.load_pack(ref)
    if not digest:
        rows = workspace.packs.filter(name=name, **({"version": version} if version else {}))
        row = rows.order_by("-pk").values_list("version", "digest").first()
        if row is None:
            raise _unknown(workspace, ref)
        version, digest = row
    return _published(workspace.pk, name, version, digest)


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
    pack = policies.read_pack(bytes(row.source), str(row))
    if pack.digest != digest:
        raise PackError(str(row), [Problem("", "Its content is not the one that was published.")])
    return pack
