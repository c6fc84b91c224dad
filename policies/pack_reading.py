"""From a pack's data to a Pack: its form, its references, and everything that `pack check` promises."""

from __future__ import annotations

import dataclasses
import datetime
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from policies import forms
from policies.bound_forms import parse_bound
from policies.bounds import BoundError, leq, nearest
from policies.canonical import digest, plain, refuse_unstorable
from policies.forms import FormError, Problem, did_you_mean
from policies.pack import Behavior, Context, Pack, read_only
from policies.pack_form import ContextForm, PackForm
from policies.pack_problems import broken_references
from policies.reach import permitted_in


class PackError(ValueError):
    """The pack cannot be used; ``problems`` says where and why, ``str()`` is the first as a sentence."""

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.name = name
        self.problems = tuple(problems)
        more = len(self.problems) - 1
        super().__init__(
            f"The pack {name} cannot be used. {self.problems[0]}" + (f" (and {more} more)" if more else "")
        )


def parse_pack(source: str | Mapping[str, Any], name: str = "given") -> Pack:
    """Read a pack from its merged data or from one TOML text. Raises PackError with every problem found."""
    data = read_toml(source, name) if isinstance(source, str) else source
    try:
        if isinstance(data.get("published"), datetime.date):  # TOML has dates, JSON has none
            raise FormError([Problem("published", "is a date of TOML; put it in quotes.")])
        refuse_unstorable(data)
        form = forms.read(PackForm, data)
        return _build(form, plain(data))
    except FormError as error:
        raise PackError(name, error.problems) from error
    except ValueError as error:
        raise PackError(name, [Problem("", str(error))]) from error


def read_toml(text: str, name: str) -> dict[str, Any]:
    """Parse TOML. Raises PackError with the line."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PackError(name, [Problem("", f"The TOML is not valid: {error}.")]) from error
    except ValueError as error:  # a number of more digits than Python reads
        raise PackError(name, [Problem("", "The TOML holds a number of thousands of digits.")]) from error


def _build(form: PackForm, data: dict[str, Any]) -> Pack:
    adjustable = {behavior.id: behavior for behavior in form.behaviors + form.parameters}
    problems = list(broken_references(form, adjustable))
    contexts = {"domains": form.domains, "audiences": form.audiences}
    built = {
        part: tuple(_context(context, adjustable, f"{part}.{context.id}", problems) for context in written)
        for part, written in contexts.items()
    }
    if problems:
        raise FormError(problems)
    shared = {
        spec.name: getattr(form, spec.name)
        for spec in dataclasses.fields(PackForm)
        if spec.name not in {"format", "domains", "audiences", "lexicon"}
    }
    pack = Pack(
        **shared,
        domains=built["domains"],
        audiences=built["audiences"],
        lexicon=read_only(data.get("lexicon", {})),
        data=read_only(data),
        digest=digest(data),
        _adjustable=read_only(adjustable),
    )
    if problems := list(_impossible_contexts(pack)):
        raise FormError(problems)
    return pack


def _impossible_contexts(pack: Pack) -> Iterator[Problem]:
    """No domain and audience may leave a behaviour without a value, or force one that is wider than the default."""
    narrowed = {id for context in pack.domains + pack.audiences for id in context.bounds}
    for behavior in pack.adjustables.values():
        if behavior.id not in narrowed and not behavior.unlocks:
            continue
        for domain in pack.domains:
            for audience in pack.audiences:
                left = nearest(permitted_in(behavior, domain, audience), behavior.default, behavior.names)
                where = f"{behavior.id} in {domain.id} for {audience.id}"
                if left is None:
                    yield Problem(where, "has no permitted value left.")
                elif behavior.exposure(left) > behavior.exposure(behavior.default):
                    yield Problem(where, f'is forced to "{left}", which is wider than the default.')


def _context(
    written: ContextForm, adjustable: Mapping[str, Behavior], path: str, problems: list[Problem]
) -> Context:
    """Complete a context's bounds from the behaviours; a bound that would widen one is a problem."""
    bounds = {}
    for id, data in written.bounds.items():
        where = f"{path}.bounds.{id}"
        behavior = adjustable.get(id)
        if not behavior:
            problems.append(Problem(where, f"is no behaviour of this pack.{did_you_mean(id, adjustable)}"))
            continue
        try:
            bounds[id] = parse_bound(data, like=behavior.bound)
            if not leq(bounds[id], behavior.bound):
                problems.append(Problem(where, "permits more than the behaviour itself does."))
        except BoundError as error:
            problems.append(Problem(where, str(error)))
    for id in written.reasons.keys() - written.bounds.keys():
        problems.append(
            Problem(
                f"{path}.reasons.{id}", f"explains no bound of this entry.{did_you_mean(id, written.bounds)}"
            )
        )
    return Context(
        written.id,
        written.title,
        written.summary,
        written.risk,
        written.vulnerability,
        written.reviewers,
        written.covers,
        written.expects,
        read_only(bounds),
        written.why,
        read_only(written.reasons),
    )
