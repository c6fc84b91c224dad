"""The packs that come with the program: files below ``packs/``, read once a process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from policies.canonical import canonical_json, digest, read_json
from policies.forms import Problem, did_you_mean
from policies.pack import Pack, PackRef
from policies.pack_extension import laid_over, missing
from policies.pack_reading import PackError, parse_pack, read_toml
from policies.sources import SourceError, decode

FOLDER = Path(__file__).parent / "packs"


def read_pack_files(main: Path) -> dict[str, Any]:
    """Merge ``<version>.toml`` with the files of the folder ``<version>/`` beside it.

    Files with ``language = "en"``, as many as there are, are phrase tables and go under ``lexicon.en``; the others are
    merged at the top. A key that two files give is refused, so that no content depends on their names or order.
    ``lexicon_of = "name@version"`` takes the phrases of a built-in pack: they become part of the content, and so of the
    digest. ``extends = "name@version"`` lays the file over a built-in pack.
    """
    data = _whole(_read(main), main.name)
    own: dict[str, Any] = {}  # by language: nothing is added to a language that was taken over whole
    for part in sorted(main.with_suffix("").rglob("*.toml")) if main.suffix == ".toml" else ():
        table = _read(part)
        language = table.pop("language", None)
        _merge(data if language is None else own.setdefault(str(language), {}), table, part)
    if own:
        data["lexicon"] = dict(data.get("lexicon", {}))
        _merge(data["lexicon"], own, main)
    return data


def merged_source(source: str | bytes, name: str = "given") -> dict[str, Any]:
    """The data of a pack in one TOML text, with ``lexicon_of`` and ``extends`` put in place. Raises PackError."""
    try:
        text = decode(source)
    except SourceError as error:
        raise PackError(name, [Problem("", str(error))]) from error
    return _whole(read_toml(text, name), name)


def read_pack(source: str | bytes, name: str = "given") -> Pack:
    """A pack from one TOML text, as an organisation publishes it. Raises PackError with every problem found."""
    return parse_pack(merged_source(source, name), name)


def content_of(pack: Pack, source: bytes | None = None) -> bytes:
    """All that a pack says, as one JSON whose SHA-256 is its digest; ``source`` is the TOML of one that is not built in.

    What it takes over from other packs is in it: it says the same when those are there no more. Raises PackError.
    """
    return canonical_json(
        _data(pack.name, pack.version) if source is None else merged_source(source, pack.ref)
    )


def read_content(content: bytes, name: str) -> Pack:
    """The pack that ``content_of`` wrote, maybe by a former release of this program. Raises PackError."""
    return parse_pack(read_json(content), name)


def _whole(data: dict[str, Any], name: str) -> dict[str, Any]:
    if source := data.get("extends"):
        if problems := list(missing(data)):
            raise PackError(name, problems)
        return laid_over(_built_in("extends", str(source)), data)
    if source := data.pop("lexicon_of", None):
        data["lexicon"] = _built_in("lexicon_of", str(source)).get("lexicon", {})
    return data


def _built_in(key: str, ref: str) -> dict[str, Any]:
    """The merged data of a built-in pack that another one names."""
    name, _, version = ref.partition("@")
    if name not in _names() or version not in _versions(name):
        known = ", ".join(f"{name}@{_versions(name)[-1]}" for name in _names())
        raise PackError(ref, [Problem(key, f"names no built-in pack; write NAME@VERSION, such as {known}.")])
    return _data(name, version)


@lru_cache(maxsize=8)
def _data(name: str, version: str) -> dict[str, Any]:
    """Read once; whoever takes it copies what they change."""
    return read_pack_files(FOLDER / name / f"{version}.toml")


def _merge(into: dict[str, Any], table: dict[str, Any], part: Path) -> None:
    for key, value in table.items():
        if key in into:
            raise PackError(part.name, [Problem(key, "is given by two files of the pack.")])
        into[key] = value


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path.read_text(encoding="utf-8"), path.name)
    except OSError as error:
        raise PackError(path.name, [Problem("", f"The file cannot be read: {error.strerror}.")]) from error
    except UnicodeDecodeError as error:
        raise PackError(path.name, [Problem("", "The file is not UTF-8.")]) from error


def _versions(name: str) -> list[str]:
    """Versions of a built-in pack, oldest first."""
    found = [path.stem for path in (FOLDER / name).glob("*.toml")]
    return sorted(found, key=lambda version: tuple(int(part) for part in version.split(".")))


def _names() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and any(path.glob("*.toml")))


def load_pack(name: str = "claude", version: str | None = None) -> Pack:
    """A built-in pack, the newest version by default; ``name`` may be ``name@version``. Cached. Raises PackError."""
    name, _, given = name.partition("@")
    version = version or given or None
    if name not in _names():
        raise PackError(
            name,
            [
                Problem(
                    "", f"No pack has this name.{did_you_mean(name, _names())} Known: {', '.join(_names())}."
                )
            ],
        )
    versions = _versions(name)
    if version and version not in versions:
        raise PackError(
            f"{name}@{version}", [Problem("", f"There is no such version. Known: {', '.join(versions)}.")]
        )
    return _load(name, version or versions[-1])


@lru_cache(maxsize=32)
def _load(name: str, version: str) -> Pack:
    pack = parse_pack(_data(name, version), f"{name}@{version}")
    if (pack.name, pack.version) != (name, version):
        raise PackError(f"{name}@{version}", [Problem("", f"The file says that it is {pack.ref}.")])
    return pack


@cache
def list_packs() -> tuple[PackRef, ...]:
    """All built-in packs by name, oldest version first."""
    refs = []
    for name in _names():
        for version in _versions(name):
            data = _data(name, version)
            refs.append(PackRef(name, version, str(data.get("title", name)), digest(data)))
    return tuple(refs)


def current_name(id: str) -> str:
    """What the newest built-in packs call an id that may be from an earlier version."""
    return _renamed().get(id, id)


@cache
def _renamed() -> Mapping[str, str]:
    return {old: new for name in _names() for old, new in load_pack(name).renamed.items()}
