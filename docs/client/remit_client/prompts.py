"""A prompt as it was approved, and how it came here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from remit_client.errors import Unavailable
from remit_client.filling import Plain, filled

Source = Literal["network", "cache", "stale", "bundle"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a label points to.

    ``source``: fetched now, kept and fresh, kept and old, or out of a verified bundle. ``config`` is as it was approved,
    with its placeholders; ``fill`` puts the values in.
    """

    slug: str
    label: str
    release: int
    revision: int
    digest: str
    pack: str
    config: Mapping[str, Any] = field(repr=False)
    variables: Mapping[str, Mapping[str, Any]] = field(repr=False)
    playground: bool = False
    source: Source = "network"

    def fill(self, **values: Plain) -> dict[str, Any]:
        """``client.messages.create(messages=[…], **prompt.fill(first_name="Ada"))``. Raises FillError.

        A value is text: nothing inside it is interpreted.
        """
        config = dict(self.config)
        system = filled(config.get("system", ""), values, self.variables)
        return {**config, "system": system} if "system" in config else config


def parsed(body: bytes) -> Prompt:
    """The answer of the API. Raises Unavailable for anything else: a proxy in between may say what it likes."""
    try:
        form = json.loads(body)
        return Prompt(
            slug=_of(form, "slug", str),
            label=_of(form, "label", str),
            release=_of(form, "release", int),
            revision=_of(form, "revision", int),
            digest=_of(form, "digest", str),
            pack=_of(form, "pack", str),
            config=_of(form, "config", dict),
            variables=_of(form, "variables", dict),
            playground=bool(form.get("playground", False)),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unavailable("What was answered is not a prompt of Remit.") from error


def _of(form: Mapping[str, Any], name: str, kind: type) -> Any:
    value = form[name]
    if not isinstance(value, kind):
        raise TypeError(name)
    return value
