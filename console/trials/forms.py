"""Starting a run."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from console.accounts.models import Membership, Workspace
from console.problems import DomainError
from console.prompts.judge_settings import settled
from console.prompts.models import Prompt, Revision
from console.provider.catalogue import WITHOUT_LIST, Model, lifecycle_warning, list_models
from console.provider.endpoints import Endpoint, deployed, endpoint_of
from console.provider.errors import ProviderError
from console.provider.models import ProviderAccount
from console.provider.spending import month_so_far
from console.trials import runs, suites
from console.trials.batches import qualifying
from console.trials.casting import Cast, judge_of, user_of
from console.trials.estimates import Beside, Estimate, estimate_run
from console.trials.models import Run, Suite, SuiteVersion
from console.trials.scenarios import Scenario, parse_scenario
from console.trials.subjects import SubjectForm, of_revision

SHOWN_REVISIONS = 30
SHOWN_RUNS = 20  # whose users may be repeated
NOBODY = "nobody"


class RunForm(forms.Form):
    """Suite, revisions, model, how often and how fast."""

    suite = forms.ModelChoiceField(SuiteVersion.objects.none(), label="Suite", empty_label=None)
    baseline = forms.ModelChoiceField(
        Revision.objects.none(), label="Baseline", required=False, empty_label="none: one revision alone",
        help_text="What the others are compared with.",
    )  # fmt: skip
    candidates = forms.ModelMultipleChoiceField(
        Revision.objects.none(), label="Revisions to test", widget=forms.CheckboxSelectMultiple
    )
    account = forms.ModelChoiceField(
        ProviderAccount.objects.none(), label="Provider account", required=False, empty_label=None
    )
    model = forms.ChoiceField(label="Model")
    samples = forms.IntegerField(
        label="Samples of each scenario", min_value=1, max_value=runs.MOST_SAMPLES, initial=3,
        help_text="Answers differ from one time to the next: one sample says little.",
    )  # fmt: skip
    judge = forms.ChoiceField(
        label="Judge", required=False,
        help_text="A model that reads the answers and holds them against rubrics. It costs a call each.",
    )  # fmt: skip
    compares = forms.BooleanField(
        label="Ask the judge which answers it prefers, too", required=False,
        help_text="Against the baseline, in both orders: two more calls for each conversation.",
    )  # fmt: skip
    users = forms.ChoiceField(
        label="Simulated users", required=False,
        help_text="Played anew they react to each revision; repeated, every revision hears the same words.",
    )  # fmt: skip
    concurrency = forms.IntegerField(
        label="Calls at a time", min_value=1, max_value=runs.MOST_CONCURRENCY, initial=8
    )
    economy = forms.BooleanField(label="Economy (batch): half the price, up to 24 hours", required=False)
    money = forms.DecimalField(
        label="Budget in US dollars", min_value=Decimal("0.01"), max_digits=8, decimal_places=2, required=False,
        help_text="The run stops before it would cost more.",
    )  # fmt: skip

    def __init__(self, *args: Any, prompt: Prompt, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prompt, self.workspace = prompt, workspace
        self.accounts = list(ProviderAccount.objects.filter(workspace=workspace, closed_at=None))
        self.endpoint_problem: DomainError | None = None
        self.endpoint = self._endpoint()
        self.models = self._models()
        versions = suites.newest_versions(workspace)
        revisions = Revision.objects.filter(prompt=prompt).order_by("-number")
        self._field("suite").queryset = versions
        self._field("suite").label_from_instance = _suite_label
        for name in ("baseline", "candidates"):
            self._field(name).queryset = revisions
            self._field(name).label_from_instance = _revision_label
        self._set_accounts()
        self._set_models()
        self._set_choices()
        self._set_initial(list(revisions[:2]), versions)
        self._set_economy()

    def _set_choices(self) -> None:
        judges = [
            (model.id, _model_label(model)) for model in self.models if model.structured_outputs is not False
        ]
        self._field("judge").choices = [*judges, (NOBODY, "nobody: what needs a judge stays not graded")]
        usual = settled(self.workspace).model
        if usual in dict(judges):
            self.initial.setdefault("judge", usual)
        finished = self.prompt.runs.filter(status=Run.Status.FINISHED).exclude(user_model="")
        runs_to_repeat = finished.order_by("-number")[:SHOWN_RUNS].values_list("number", flat=True)
        repeats = [(str(number), f"repeated from run {number}") for number in runs_to_repeat]
        self._field("users").choices = [("", "played anew by a model"), *repeats]

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def _endpoint(self) -> Endpoint:
        """Of the account that was chosen, else of the default: the models that can be chosen follow from it."""
        given = self.data.get("account", "") if self.is_bound else ""
        chosen = next((account for account in self.accounts if str(account.pk) == given), None)
        default = next((account for account in self.accounts if account.is_default), None)
        account = chosen or default
        self.initial.setdefault("account", account)
        try:
            return endpoint_of(account) if account else deployed()
        except DomainError as error:
            self.endpoint_problem = error
            return deployed()

    def _models(self) -> tuple[Model, ...]:
        if self.endpoint_problem is not None:
            return ()
        try:
            return list_models(self.endpoint)
        except ProviderError as error:
            if error.kind not in WITHOUT_LIST:
                self.endpoint_problem = error
            return ()

    def _set_accounts(self) -> None:
        field = self._field("account")
        field.queryset = ProviderAccount.objects.filter(workspace=self.workspace, closed_at=None)
        if not any(account.is_default for account in self.accounts):
            field.empty_label = deployed().name
        if not self.accounts:
            del self.fields["account"]

    def _set_models(self) -> None:
        if self.models:
            self._field("model").choices = [(model.id, _model_label(model)) for model in self.models]
        elif self.endpoint_problem is None:
            self.fields["model"] = forms.CharField(
                label="Model",
                max_length=100,
                help_text=f"{self.endpoint.name} lists none: name it as it calls it.",
            )

    def _set_economy(self) -> None:
        """Offered where the suite, the revisions and the account allow it, as far as these are chosen."""
        field = self._field("economy")
        why = self.endpoint_problem is None and self._why_not_economy()
        field.disabled = bool(why)
        field.help_text = why or (
            "The answers come together when the batch has ended, and nothing is seen before. What it leaves unanswered is"
            " asked again as an ordinary call; these, and judges, cost the full price."
        )

    def _why_not_economy(self) -> str:
        try:
            version = self._field("suite").clean(self["suite"].value())
            revisions = self._field("candidates").clean(self["candidates"].value())
            baseline = self._field("baseline").clean(self["baseline"].value())
        except forms.ValidationError:
            return ""  # said beside the field that is wrong
        chosen = [revision for revision in (baseline, *revisions) if revision is not None]
        scenarios = [parse_scenario(form) for form in version.played]
        return qualifying.why_not(self.endpoint, scenarios, [of_revision(revision) for revision in chosen])

    @property
    def warning(self) -> str:
        """What is worth knowing of the chosen model before anything is spent on it."""
        chosen = self["model"].value()
        model = next((known for known in self.models if known.id == chosen), None)
        return lifecycle_warning(model) if model else ""

    def _set_initial(self, newest: list[Revision], versions: Any) -> None:
        if not newest:
            return
        self.initial.setdefault("candidates", [newest[0]])
        if len(newest) > 1:
            self.initial.setdefault("baseline", newest[1])
        meant = Suite.objects.filter(prompts=self.prompt)
        self.initial.setdefault("suite", versions.filter(suite__in=meant).first() or versions.first())
        model = newest[0].params.get("model")
        known = [model.id for model in self.models]
        self.initial.setdefault("model", model if model in known or not known else known[0])

    @property
    def has_revisions(self) -> bool:
        return bool(self._field("baseline").queryset.exists())

    @property
    def has_suites(self) -> bool:
        return bool(self._field("suite").queryset.exists())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        baseline, candidates = values.get("baseline"), values.get("candidates")
        if baseline is not None and candidates is not None and baseline in candidates:
            candidates = [revision for revision in candidates if revision != baseline]
            if not candidates:
                self.add_error("candidates", "Choose another revision than the baseline, or no baseline.")
        values["chosen"] = [*([baseline] if baseline else []), *(candidates or [])]
        if values.get("compares") and candidates is not None and len(values["chosen"]) < 2:
            self.add_error(
                "compares", "A preference takes two revisions: choose a baseline, or leave it out."
            )
        if self._field("economy").disabled and self.data.get("economy"):
            self.add_error("economy", self._field("economy").help_text)
        if values.get("compares") and values.get("judge") == NOBODY:
            self.add_error("compares", "A preference takes a judge: choose one, or leave it out.")
        return values

    def cast(self) -> Cast:
        judge = self.cleaned_data["judge"]
        repeats = self.cleaned_data["users"]
        return Cast(
            judge="" if judge == NOBODY else judge or None,
            compares=self.cleaned_data["compares"],
            repeats=self.prompt.runs.get(number=repeats) if repeats else None,
        )

    def scenarios(self) -> list[Scenario]:
        return [parse_scenario(form) for form in self.cleaned_data["suite"].played]

    def subject_forms(self) -> list[SubjectForm]:
        return [of_revision(revision) for revision in self.cleaned_data["chosen"]]

    def estimate(self) -> Estimate | None:
        """What it would take, once everything that it depends on is given."""
        if not self.is_valid():
            return None
        scenarios, cast, model = self.scenarios(), self.cast(), self.cleaned_data["model"]
        who = self.workspace, self.endpoint, model, scenarios
        return estimate_run(
            scenarios=scenarios,
            subjects=self.subject_forms(),
            model=model,
            samples=self.cleaned_data["samples"],
            rehearsal=self.endpoint.rehearsal,
            beside=Beside(judge_of(cast, *who), user_of(cast, *who), compares=cast.compares),
            economy=self.cleaned_data["economy"],
        )

    def budget_warning(self, estimate: Estimate | None) -> str:
        """What of the month's budget the run would not find any more, as a sentence, or ""."""
        if estimate is None:
            return ""
        month = month_so_far(self.workspace.pk)
        tokens = month.input_tokens + month.output_tokens + month.reserved_tokens
        if month.max_tokens is not None and tokens + estimate.tokens > month.max_tokens:
            left = max(0, month.max_tokens - tokens)
            return f"This month’s budget has {left:,} tokens left: the run would stop before its end."
        money = month.cost + month.reserved_cost
        if (
            month.max_cost is not None
            and estimate.cost is not None
            and money + estimate.cost > month.max_cost
        ):
            return f"This month’s budget has ${max(month.max_cost - money, 0):.2f} left: the run would stop before its end."
        return ""

    def start(self, *, by: Membership) -> Run:
        return runs.create_run(
            workspace=self.workspace,
            suite_version=self.cleaned_data["suite"],
            subjects=self.subject_forms(),
            model=self.cleaned_data["model"],
            samples=self.cleaned_data["samples"],
            concurrency=self.cleaned_data["concurrency"],
            limits=runs.Limits(cost=self.cleaned_data["money"]),
            prompt=self.prompt,
            account=self.cleaned_data.get("account"),
            by=by,
            cast=self.cast(),
            economy=self.cleaned_data["economy"],
        )


def _suite_label(version: SuiteVersion) -> str:
    count = len(version.played)
    return f"{version.suite.title}, version {version.number} ({count} scenario{'s'[: count != 1]})"


def _revision_label(revision: Revision) -> str:
    return f"r{revision.number}{f', {revision.message}' if revision.message else ''}{', blocked' if revision.blocked else ''}"


def _model_label(model: Model) -> str:
    if model.lifecycle == "active":
        return model.name
    until = f", until {model.retires_at:%d %b %Y}" if model.retires_at else ""
    return f"{model.name} ({model.lifecycle}{until})"
