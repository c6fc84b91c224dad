"""The command line: validate, compose, pack, explain. One sentence for what goes wrong, never a traceback.

Exit codes: 0 pass, 1 blocked, 2 unusable input.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from policies.canonical import CanonicalError, plain, read_json
from policies.checks import CHECKS, check_for
from policies.compose import ComposeError, compose
from policies.draft import (
    Draft,
    SnippetResolver,
    draft_from_text,
    draft_schema,
    looks_like_draft,
    parse_draft,
)
from policies.findings import Verdict
from policies.forms import FormError, did_you_mean
from policies.organisation import Organisation
from policies.pack import Pack, PackRef
from policies.pack_check import faults_of, look_at
from policies.pack_diff import WAYS, PackChange, diff_packs
from policies.pack_form import pack_schema
from policies.pack_library import list_packs, load_pack, read_pack_files
from policies.pack_reading import PackError, parse_pack
from policies.report import as_text
from policies.sarif import to_sarif
from policies.sources import MAX_BYTES, SourceError, decode
from policies.validate import validate

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
PASSED, BLOCKED, UNUSABLE = 0, 1, 2


class UsageError(Exception):
    """Input that cannot be used; says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a workspace brings where the caller has one; ``pack`` counts where the command line names none.

    ``load`` and ``listed`` know the packs that it published beside the built-in ones.
    """

    pack: Pack | None = None
    organisation: Organisation | None = None
    snippets: SnippetResolver | None = None
    load: Callable[[str], Pack] = load_pack
    listed: Callable[[], Sequence[PackRef]] = list_packs


NOWHERE = Surroundings()


def main(argv: Sequence[str] | None = None, surroundings: Surroundings = NOWHERE) -> int:
    """Run one command and return its exit code; may be called many times in one process."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse has printed what it had to say
        return UNUSABLE if stop.code else PASSED
    return execute(arguments, surroundings)


def execute(arguments: Any, surroundings: Surroundings = NOWHERE) -> int:
    """Run a command whose arguments were parsed already, by this parser or by one that wraps it."""
    try:
        return int(arguments.run(arguments, surroundings))
    except (UsageError, SourceError, FormError, PackError, ComposeError) as error:
        _complain(str(error))
    except BrokenPipeError:
        return PASSED
    except OSError as error:
        _complain(f"{error.filename or 'The output'} cannot be used: {error.strerror}.")
    except KeyboardInterrupt:
        _complain("Stopped.")
    except Exception as error:  # the last resort: a sentence, not a traceback
        _complain(
            f"This is a fault of the program: {type(error).__name__}: {error}. Please report it with the input."
        )
    return UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m policies", description="Check and compile prompts by a policy pack."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_validate(commands.add_parser("validate", help="check a draft or a text"))
    add_compose(commands.add_parser("compose", help="compile a draft"))
    add_pack(commands.add_parser("pack", help="check, list and compare packs"))
    explain = commands.add_parser("explain", help="what a finding's code means")
    explain.add_argument("code", nargs="?", help="such as SET102; without one, all codes")
    explain.set_defaults(run=_explain)
    schema = commands.add_parser("schema", help="the JSON Schema of a form")
    schema.add_argument("form", choices=["draft", "pack"])
    schema.set_defaults(run=_schema)
    return parser


def add_validate(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``validate``, for this command line and for others that wrap it."""
    parser.add_argument("file", nargs="?", help="a draft (.yaml, .json) or any text; - reads standard input")
    parser.add_argument(
        "--jsonl",
        metavar="FILE",
        help='records {"id", "text"[, "domain"]}, one a line; - reads standard input',
    )
    parser.add_argument("--pack", metavar="NAME[@VERSION]", help="a pack, or a .toml file; default: claude")
    parser.add_argument("--domain", help="instead of the draft's")
    parser.add_argument("--format", choices=["text", "json", "sarif"], default="text")
    parser.set_defaults(run=_validate)


def add_compose(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``compose``."""
    parser.add_argument("file", help="a draft (.yaml, .json) or any text; - reads standard input")
    parser.add_argument("--pack", metavar="NAME[@VERSION]", help="default: claude")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.set_defaults(run=_compose)


def add_pack(parser: argparse.ArgumentParser) -> Commands:
    """The arguments of ``pack check``, ``pack list`` and ``pack diff``; returned, so that others can be added."""
    commands = parser.add_subparsers(required=True, metavar="check|list|diff")
    check = commands.add_parser("check", help="whether a pack can be used")
    check.add_argument("file", help="NAME, NAME@VERSION or a .toml file")
    check.set_defaults(run=_pack_check)
    listed = commands.add_parser("list", help="all packs")
    listed.add_argument("--format", choices=["text", "json"], default="text")
    listed.set_defaults(run=_pack_list)
    diff = commands.add_parser("diff", help="what a version changes")
    diff.add_argument("old")
    diff.add_argument("new")
    diff.add_argument("--format", choices=["text", "json"], default="text")
    diff.set_defaults(run=_pack_diff)
    return commands


def _complain(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def _print(text: str) -> None:
    """Write text as UTF-8 whatever the terminal says, with half surrogates made visible."""
    text += "" if text.endswith("\n") else "\n"
    data = text.encode("utf-8", "backslashreplace")
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(data.decode("utf-8"))
    else:
        sys.stdout.flush()
        buffer.write(data)
    sys.stdout.flush()


def _json(value: Any, *, indent: int | None = 2) -> str:
    return json.dumps(plain(value), ensure_ascii=False, indent=indent)


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    path = Path(name)
    if not path.is_file():
        raise UsageError(
            f"{name} is {'a folder' if path.is_dir() else 'not there'}; name a file, or - for standard input."
        )
    if path.stat().st_size > MAX_BYTES:
        raise UsageError(
            f"{name} is {path.stat().st_size:,} bytes long; the most that is read is {MAX_BYTES:,}."
        )
    return path.read_bytes()


def _draft(name: str, domain: str | None = None) -> Draft:
    """A draft by its file's ending; standard input is one when it says so itself, else a text."""
    text = decode(_read(name))
    ending = Path(name).suffix.lower()
    if ending in {".yaml", ".yml", ".json"} or (name == "-" and looks_like_draft(text)):
        return parse_draft(text)
    return draft_from_text(text, domain=domain or "general")


def _chosen(arguments: Any, surroundings: Surroundings) -> Pack:
    if arguments.pack is None and surroundings.pack:
        return surroundings.pack
    return _pack(arguments.pack or "claude", surroundings)


def _pack(name: str, surroundings: Surroundings) -> Pack:
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"{name} is not there; name a pack or a .toml file.")
        return parse_pack(read_pack_files(path), path.name)
    return surroundings.load(name)


def _known_domain(domain: str | None, pack: Pack) -> None:
    known = [context.id for context in pack.domains]
    if domain is not None and domain not in known:
        raise UsageError(
            f'"{domain}" is no domain of {pack.ref}; choose one of {", ".join(known)}.{did_you_mean(domain, known)}'
        )


def _validate(arguments: Any, surroundings: Surroundings) -> int:
    if bool(arguments.file) == bool(arguments.jsonl):
        raise UsageError("Give one file to validate, or --jsonl with one.")
    pack = _chosen(arguments, surroundings)
    _known_domain(arguments.domain, pack)
    if arguments.jsonl:
        return _validate_records(arguments, pack, surroundings)
    draft = _draft(arguments.file, arguments.domain)
    verdict = _verdict(draft, pack, surroundings, arguments.domain)
    if arguments.format == "sarif":
        name = arguments.file
        text = draft.sections[0].text if draft.bare else "" if name == "-" else decode(_read(name))
        _print(_json(to_sarif([(name, verdict)], version=pack.ref, texts={name: text})))
    elif arguments.format == "json":
        findings = [finding.as_dict() for finding in verdict.findings]
        _print(
            _json(
                {"verdict": verdict.word, "pack": pack.ref, "pack_digest": pack.digest, "findings": findings}
            )
        )
    else:
        _print(as_text("standard input" if arguments.file == "-" else arguments.file, draft, verdict, pack))
    return BLOCKED if verdict.blocked else PASSED


def _verdict(source: Draft | str, pack: Pack, surroundings: Surroundings, domain: str | None) -> Verdict:
    return validate(source, pack, surroundings.organisation, domain=domain, snippets=surroundings.snippets)


def _validate_records(arguments: Any, pack: Pack, surroundings: Surroundings) -> int:
    """One JSON line out for each line in; a line that cannot be used says so and does not stop the others."""
    code = PASSED
    for number, line in _lines(arguments.jsonl):
        answer = _answer(line, arguments.domain, pack, surroundings)
        if "error" in answer:
            answer["line"] = number
        code = max(
            code, UNUSABLE if "error" in answer else BLOCKED if answer["verdict"] == "block" else PASSED
        )
        _print(_json(answer, indent=None))
    return code


def _answer(line: bytes, domain: str | None, pack: Pack, surroundings: Surroundings) -> dict[str, Any]:
    id = None
    try:
        record = _record(line)
        id = record.get("id")
        source = parse_draft(record["draft"]) if "draft" in record else _text(record)
        domain = domain or _domain(record)
        _known_domain(domain, pack)
    except (UsageError, CanonicalError, FormError) as error:
        return {"id": id, "error": str(error)}
    verdict = _verdict(source, pack, surroundings, domain)
    findings = [finding.as_dict() for finding in verdict.findings]
    return {"id": id, "verdict": verdict.word, "findings": findings}


def _lines(name: str) -> Iterator[tuple[int, bytes]]:
    if name == "-":
        yield from ((number, line) for number, line in enumerate(sys.stdin.buffer, 1) if line.strip())
        return
    if not Path(name).is_file():
        raise UsageError(f"{name} is not there; name a file with one JSON record a line.")
    with Path(name).open("rb") as file:
        yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())


def _record(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_BYTES * 4:
        raise UsageError(
            f"The record is {len(line):,} bytes long; the most that is read is {MAX_BYTES * 4:,}."
        )
    record = read_json(line)
    if not isinstance(record, dict):
        raise UsageError('A record must be an object such as {"id": 1, "text": "…"}.')
    return record


def _domain(record: dict[str, Any]) -> str | None:
    domain = record.get("domain")
    if domain is not None and not isinstance(domain, str):
        raise UsageError('The "domain" of a record must be text, such as "general".')
    return domain


def _text(record: dict[str, Any]) -> str:
    text = record.get("text")
    if not isinstance(text, str):
        raise UsageError('A record needs a "text" that is text, or a "draft".')
    return text


def _compose(arguments: Any, surroundings: Surroundings) -> int:
    pack, draft = _chosen(arguments, surroundings), _draft(arguments.file)
    compiled = compose(draft, pack, surroundings.organisation, snippets=surroundings.snippets)
    if arguments.format == "text":
        _print(compiled.text)
        return PASSED
    pieces = [
        {
            "start": p.start,
            "end": p.end,
            "kind": p.kind,
            "id": p.id,
            "source_start": p.source_start,
            "snippet": p.snippet,
        }
        for p in compiled.source_map
    ]
    pins = [{"slug": pin.slug, "at": pin.at, "digest": pin.digest} for pin in compiled.snippets]
    _print(
        _json(
            {
                "digest": compiled.digest,
                "pack": compiled.pack_ref,
                "pack_digest": compiled.pack_digest,
                "tokens": compiled.tokens,
                "text": compiled.text,
                "params": compiled.params,
                "snippets": pins,
                "source_map": pieces,
            }
        )
    )
    return PASSED


def _pack_check(arguments: Any, surroundings: Surroundings) -> int:
    try:
        pack, faults = _looked_at(arguments.file, surroundings)
    except PackError as error:
        for problem in error.problems:
            _complain(f"{error.name}: {problem}")
        return BLOCKED
    if pack is None or faults:
        for fault in faults:
            _complain(f"{pack.ref if pack else Path(arguments.file).name}: {fault}")
        return BLOCKED
    counts = {
        "limits": pack.limits,
        "honesty properties": pack.honesty,
        "behaviours": pack.behaviors,
        "domains": pack.domains,
        "audiences": pack.audiences,
        "probes": pack.probes,
    }
    listed = ", ".join(f"{len(entries)} {noun}" for noun, entries in counts.items())
    _print(
        f"{pack.ref} can be used: {listed}, phrases in {len(pack.lexicon)} languages. Digest {pack.digest}"
    )
    return PASSED


def _looked_at(name: str, surroundings: Surroundings) -> tuple[Pack | None, Sequence[object]]:
    """A pack with its faults: of one file with their lines, and of an extension with what it would loosen."""
    path = Path(name)
    if path.suffix == ".toml" and path.is_file() and not path.with_suffix("").is_dir():
        looked = look_at(_read(name), path.name)
        return looked.pack, looked.faults
    pack = _pack(name, surroundings)
    return pack, list(faults_of(pack))


def _pack_list(arguments: Any, surroundings: Surroundings) -> int:
    refs = surroundings.listed()
    if arguments.format == "json":
        _print(
            _json(
                [{"name": r.name, "version": r.version, "title": r.title, "digest": r.digest} for r in refs]
            )
        )
    else:
        _print("\n".join(f"{ref}  {ref.digest[:12]}  {ref.title}" for ref in refs))
    return PASSED


def _pack_diff(arguments: Any, surroundings: Surroundings) -> int:
    old, new = _pack(arguments.old, surroundings), _pack(arguments.new, surroundings)
    changes = sorted(diff_packs(old, new), key=lambda change: WAYS.index(change.way))
    if arguments.format == "json":
        _print(
            _json(
                [{"way": one.way, "id": one.id, "sentence": one.sentence, "why": one.why} for one in changes]
            )
        )
    else:
        lines = [_change_line(change) for change in changes]
        _print("\n".join(lines or [f"{new.ref} says the same as {old.ref}."]))
    return PASSED


def _change_line(change: PackChange) -> str:
    why = f"\n{'':10}Because: {change.why}" if change.why else ""
    return f"{change.way:9} {change.id}: {change.sentence}{why}"


def _explain(arguments: Any, *_: Any) -> int:
    if not arguments.code:
        _print(
            "\n".join(
                f"{check.code}  {check.title}" for check in sorted(CHECKS, key=lambda check: check.code)
            )
        )
        return PASSED
    check = check_for(arguments.code.upper())
    if check is None:
        codes = [known.code for known in CHECKS]
        raise UsageError(
            f'No check has the code "{arguments.code}".{did_you_mean(arguments.code.upper(), codes)}'
        )
    lines = [
        f"{check.code} {check.title} ({check.severity}, {check.rule})",
        "",
        check.why,
        "",
        f"Fix: {check.fix}",
    ]
    for word, examples in (("Found in", check.blocks), ("Not found in", check.passes)):
        for example in examples:
            lines += ["", f"{word}:", *(f"    {line}" for line in example.splitlines())]
    _print("\n".join(lines))
    return PASSED


def _schema(arguments: Any, *_: Any) -> int:
    _print(_json(draft_schema() if arguments.form == "draft" else pack_schema()))
    return PASSED
