"""Making a suite and importing scenarios into it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from console.accounts.models import Membership, Workspace
from console.problems import DomainError
from console.prompts.models import Prompt
from console.trials import suites
from console.trials.models import SuiteVersion
from console.trials.scenarios import MOST_BYTES, ScenarioProblems
from console.trials.suite_files import read_suite


class ScenariosForm(forms.Form):
    """Scenarios from a file or from a field: JSON lines, CSV or promptfoo's YAML.

    ``notes``: what of the file has no equivalent. What is wrong is in ``problems``, a sentence a line; the content of a file then stands in the field, to be corrected.
    """

    file = forms.FileField(
        label="File",
        required=False,
        allow_empty_file=True,
        help_text="JSON lines, CSV, or a promptfoo configuration.",
        widget=forms.FileInput(attrs={"accept": ".jsonl,.json,.ndjson,.txt,.csv,.tsv,.yaml,.yml"}),
    )
    text = forms.CharField(
        label="or its content",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "wrap": "off"}),
    )
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        upload = values.get("file")
        source = bytes(upload.read(MOST_BYTES + 1)) if upload is not None else values.get("text", "")
        if upload is None and not source.strip():
            self.add_error(None, "Choose a file, or paste its content.")
            return values
        try:
            read = read_suite(source, upload.name or "" if upload is not None else "")
            values["scenarios"], self.notes = read.scenarios, read.notes
        except ScenarioProblems as problems:
            self.problems = problems.problems
            self.add_error(None, "Nothing was changed: this cannot be read yet.")
            self._show(source)
        return values

    def _show(self, source: bytes | str) -> None:
        """A chosen file is gone when the page comes back; its text is not."""
        if isinstance(source, bytes) and len(source) <= MOST_BYTES:
            self.put("text", source.decode("utf-8-sig", "replace"))

    def put(self, name: str, value: str) -> None:
        """Show ``value`` in a field when the page comes back, whatever was sent."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data[name] = value
        self.data = data


class ImportForm(ScenariosForm):
    """Scenarios into a suite that is there. ``version``: the one that was read."""

    field_order = ("version", "how", "file", "text")

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2_000_000_000)
    how = forms.ChoiceField(
        label="What becomes of the scenarios that are there",
        choices=[
            ("add", "They stay; those of the same id are replaced"),
            ("replace", "They go: the new version is exactly what is imported"),
        ],
        initial="add",
        widget=forms.RadioSelect,
    )


class SuiteForm(ScenariosForm):
    """A new suite."""

    field_order = ("title", "slug", "description", "prompts", "file", "text")

    title = forms.CharField(label="Title", max_length=200)
    slug = forms.SlugField(
        label="Name in addresses", max_length=64, help_text="Small letters, digits and hyphens."
    )
    description = forms.CharField(
        label="What it is for", required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    prompts = forms.ModelMultipleChoiceField(
        Prompt.objects.none(),
        label="Prompts it is meant for",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspace = workspace
        self.fields["prompts"].queryset = workspace.prompts.filter(archived=False)  # type: ignore[attr-defined]

    def create(self, *, by: Membership) -> SuiteVersion | None:
        """The first version, or None with the error on the form."""
        try:
            return suites.create_suite(
                workspace=self.workspace,
                slug=self.cleaned_data["slug"],
                title=self.cleaned_data["title"],
                description=self.cleaned_data["description"],
                scenarios=self.cleaned_data["scenarios"],
                prompts=self.cleaned_data["prompts"],
                by=by,
            )
        except DomainError as error:
            self.add_error("slug", f"{error.message} {error.what_to_do}")
            return None
