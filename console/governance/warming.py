"""What a process reads before somebody waits for it: the policies in force, and their phrases in every language."""

from __future__ import annotations

from django.db import DatabaseError, connection

import policies
from console.accounts.models import Workspace
from console.governance.services import pack_in_force
from console.problems import DomainError
from policies.validate import lexicon_of

MOST = 20  # policies that differ; packs that share their phrases share what is compiled of them


def warm_policies() -> int:
    """Compile what the workspaces' policies look for; returns how many policies there were."""
    packs = {pack.digest: pack for pack in (policies.load_pack(), *_in_force())}
    for pack in packs.values():
        lexicon_of(pack).everything()
        policies.validate("", pack)
    return len(packs)


def _in_force() -> list[policies.Pack]:
    found = []
    try:
        for workspace in Workspace.objects.order_by("-pk")[:MOST]:
            try:
                found.append(pack_in_force(workspace))
            except DomainError:
                continue  # its pages say what is wrong with it
    except DatabaseError:
        return found  # a server may start before its database is there
    finally:
        connection.close()
    return found
