"""The signing key of sessions: given by the environment, else made once and kept in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_key(data_dir: Path) -> str:
    """``SECRET_KEY``, or the content of ``data_dir/secret_key``, which is written (0600) when it is missing."""
    if given := os.environ.get("SECRET_KEY"):
        return given
    path = data_dir / "secret_key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    try:
        return _write_first(path)
    except OSError:
        # Commands that keep nothing (validate, compose) work in a folder that cannot be written; servers check it before.
        return secrets.token_urlsafe(50)


def _write_first(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes may start at once: both write a file of their own, and the first link wins.
    draft = path.with_name(f"secret_key.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(50))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
