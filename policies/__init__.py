"""The policy engine: what an operator may write, decided by a pack, in pure Python.

These are the public names; everything else may change.
"""

from policies.bounds import (
    Bound,
    BoundError,
    Choice,
    Level,
    Range,
    Text,
    Toggle,
    contains,
    explain,
    leq,
    meet,
)
from policies.canonical import CanonicalError, canonical_json, digest, read_json
from policies.changes import Change, Direction
from policies.checks import CHECKS, Check, check_for
from policies.compose import Compiled, ComposeError, Piece, compose
from policies.draft import (
    Draft,
    Include,
    Parameters,
    Section,
    SectionKind,
    Setting,
    Snippet,
    SnippetResolver,
    Thinking,
    Tool,
    Variable,
    draft_from_text,
    draft_schema,
    parse_draft,
)
from policies.effect import Effect, effect
from policies.findings import Finding, Severity, Span, Tier, Verdict, finding_from
from policies.forms import FormError, Problem
from policies.layers import Effective, EffectiveSetting, Option, resolve
from policies.organisation import BoundNote, Organisation, carry_over, notes_on, parse_organisation
from policies.pack import (
    MODEL_NAME,
    Audience,
    Behavior,
    Block,
    Context,
    Domain,
    Harm,
    OwnPattern,
    Pack,
    PackRef,
    Probe,
    Rule,
    Specialty,
    Statistics,
    TierSpec,
    Unlock,
    Variant,
)
from policies.pack_check import Fault, Looked, look_at
from policies.pack_diff import PackChange, diff_packs
from policies.pack_form import pack_schema
from policies.pack_library import content_of, current_name, list_packs, load_pack, read_content, read_pack
from policies.pack_reading import PackError, parse_pack
from policies.placeholders import FillError, fill, placeholders
from policies.reach import Closure, Layer, Reach, Step, reach
from policies.requirements import Requirement, requirements
from policies.risk import Risk, RiskPart, assess
from policies.sarif import to_sarif
from policies.snippets import Pin
from policies.tokens import estimate_tokens
from policies.validate import validate

__all__ = [
    "CHECKS",
    "MODEL_NAME",
    "Audience",
    "Behavior",
    "Block",
    "Bound",
    "BoundError",
    "BoundNote",
    "CanonicalError",
    "Change",
    "Check",
    "Choice",
    "Closure",
    "Compiled",
    "ComposeError",
    "Context",
    "Direction",
    "Domain",
    "Draft",
    "Effect",
    "Effective",
    "EffectiveSetting",
    "Fault",
    "FillError",
    "Finding",
    "FormError",
    "Harm",
    "Include",
    "Layer",
    "Level",
    "Looked",
    "Option",
    "Organisation",
    "OwnPattern",
    "Pack",
    "PackChange",
    "PackError",
    "PackRef",
    "Parameters",
    "Piece",
    "Pin",
    "Probe",
    "Problem",
    "Range",
    "Reach",
    "Requirement",
    "Risk",
    "RiskPart",
    "Rule",
    "Section",
    "SectionKind",
    "Setting",
    "Severity",
    "Snippet",
    "SnippetResolver",
    "Span",
    "Specialty",
    "Statistics",
    "Step",
    "Text",
    "Thinking",
    "Tier",
    "TierSpec",
    "Toggle",
    "Tool",
    "Unlock",
    "Variable",
    "Variant",
    "Verdict",
    "assess",
    "canonical_json",
    "carry_over",
    "check_for",
    "compose",
    "contains",
    "content_of",
    "current_name",
    "diff_packs",
    "digest",
    "draft_from_text",
    "draft_schema",
    "effect",
    "estimate_tokens",
    "explain",
    "fill",
    "finding_from",
    "leq",
    "list_packs",
    "load_pack",
    "look_at",
    "meet",
    "notes_on",
    "pack_schema",
    "parse_draft",
    "parse_organisation",
    "parse_pack",
    "placeholders",
    "reach",
    "read_content",
    "read_json",
    "read_pack",
    "requirements",
    "resolve",
    "to_sarif",
    "validate",
]
