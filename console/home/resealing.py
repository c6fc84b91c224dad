"""A new SECRET_KEY: everything that the old one sealed is sealed anew, so that the old one can be forgotten."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import models, transaction

from console.accounts.models import Invitation
from console.audit.acts import Act
from console.audit.services import INSTALLATION, SYSTEM, record
from console.provider.models import ProviderAccount
from console.releases.models import SigningKey, Webhook
from console.sealed import Unsealable, reseal

SEALED: tuple[tuple[type[models.Model], str, str], ...] = (
    (ProviderAccount, "key", "provider keys"),
    (SigningKey, "private", "signing keys"),
    (Webhook, "secret", "webhook secrets"),
    (Webhook, "former", "former webhook secrets"),
    (Invitation, "secret", "invitations on their way"),
)
_OF_FACTORS = ("secret", "seed", "migrated_codes")  # what allauth has encrypted in an authenticator's data


@dataclass(frozen=True, slots=True)
class Resealed:
    what: str
    count: int


@transaction.atomic
def reseal_all() -> list[Resealed]:
    """All or nothing. Raises Unsealable, which names what can't be opened."""
    done = [_column(model, name, what) for model, name, what in SEALED] + [_factors()]
    counts = {each.what: each.count for each in done}
    record(chain=INSTALLATION, actor=SYSTEM, act=Act.SECRETS_RESEALED, detail=counts)
    return done


def _column(model: type[models.Model], name: str, what: str) -> Resealed:
    rows: Any = model._default_manager.filter(**{f"{name}__isnull": False})
    held = rows.select_for_update(no_key=True, of=("self",)).order_by("pk")
    found = [(pk, bytes(value)) for pk, value in held.values_list("pk", name) if bytes(value)]
    for pk, value in found:
        rows.filter(pk=pk).update(**{name: _opened(value, f"{what}, row {pk}")})
    return Resealed(what, len(found))


def _factors() -> Resealed:
    rows = Authenticator.objects.select_for_update(no_key=True).order_by("pk")
    found = [row for row in rows if any(name in row.data for name in _OF_FACTORS)]
    for row in found:
        row.data = {**row.data, **_anew(row.data, f"second factors, row {row.pk}")}
        row.save(update_fields=["data"])
    return Resealed("second factors", len(found))


def _anew(data: Mapping[str, Any], where: str) -> dict[str, Any]:
    there = {name: data[name] for name in _OF_FACTORS if name in data}
    return {
        name: [_text(each, where) for each in value] if isinstance(value, list) else _text(value, where)
        for name, value in there.items()
    }


def _text(value: str, where: str) -> str:
    return b64encode(_opened(b64decode(value), where)).decode()


def _opened(value: bytes, where: str) -> bytes:
    try:
        return reseal(value)
    except Unsealable as error:
        raise Unsealable(f"{error.message} ({where}); nothing was changed.", error.what_to_do) from None
