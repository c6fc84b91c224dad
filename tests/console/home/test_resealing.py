"""After a new SECRET_KEY everything that was sealed opens without the old one."""

from __future__ import annotations

from io import StringIO

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import BinaryField

from console.accounts import invitations
from console.audit.models import Entry
from console.home.resealing import SEALED
from console.provider.models import ProviderAccount
from console.releases.keys import current_key
from console.releases.models import SigningKey, Webhook
from console.releases.webhooks import endpoints
from console.sealed import Unsealable, seal, unseal
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db
NOT_SECRET = {
    ("Release", "statement"),
    ("SigningKey", "public"),
    ("PublishedPack", "source"),
    ("KeptPack", "content"),
}


def test_every_column_of_bytes_is_either_resealed_or_no_secret() -> None:
    ours = [model for model in apps.get_models() if model.__module__.startswith("console.")]
    columns = {
        (model.__name__, field.name)
        for model in ours
        for field in model._meta.fields
        if isinstance(field, BinaryField)
    }
    assert columns == NOT_SECRET | {(model.__name__, name) for model, name, _ in SEALED}


def test_what_the_old_secret_sealed_opens_without_it(settings) -> None:
    admin = make_member(make_workspace(), "admin")
    account = ProviderAccount.objects.create(
        workspace=admin.workspace, name="main", kind="anthropic", key=seal(b"sk-ant-1"), created_by=admin.user
    )
    hook, secret = endpoints.create_webhook(
        member=admin, name="deployer", url="https://hooks.example/in", kinds=["label.moved"]
    )
    endpoints.rotate_secret(hook=hook, member=admin)
    invitations.invite(member=admin, roles=["viewer"], email="bo@example.com")
    key = current_key()
    words = get_adapter().encrypt("JBSWY3DP")
    factor = Authenticator.objects.create(user=admin.user, type="totp", data={"secret": words})
    private = unseal(bytes(key.private))

    old, settings.SECRET_KEY = settings.SECRET_KEY, "a new secret of the installation, long enough"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(CommandError, match=r"can't be opened.*nothing was changed"):
        call_command("reseal")
    settings.SECRET_KEY_FALLBACKS = [old]
    said = StringIO()
    call_command("reseal", stdout=said)
    assert "1 provider keys, 1 signing keys, 1 webhook secrets, 1 former webhook secrets" in said.getvalue()
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(bytes(ProviderAccount.objects.get(pk=account.pk).key)) == b"sk-ant-1"
    assert unseal(bytes(SigningKey.objects.get(pk=key.pk).private)) == private
    assert unseal(bytes(Webhook.objects.get(pk=hook.pk).former)).decode() == secret
    assert get_adapter().decrypt(Authenticator.objects.get(pk=factor.pk).data["secret"]) == "JBSWY3DP"
    assert Entry.objects.get(act="installation:secrets:resealed").detail["second factors"] == 1
    settings.SECRET_KEY = old
    with pytest.raises(Unsealable):
        unseal(bytes(ProviderAccount.objects.get(pk=account.pk).key))
