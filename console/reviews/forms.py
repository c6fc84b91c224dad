"""Asking for a review: for what, with which runs, and what the reviewers should know."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.utils import timezone

from console.accounts.models import Membership
from console.problems import Invalid
from console.prompts.models import PRODUCTION, Revision
from console.reviews.assigning import assign
from console.reviews.evidence import Evidence
from console.reviews.models import Review
from console.reviews.services import request_review
from console.reviews.texts import LONGEST


class RequestForm(forms.Form):
    """``evidence`` are the runs of the revision; those that count are offered, and chosen unless somebody unticks them."""

    title = forms.CharField(max_length=200, help_text="One line that says what changes.")
    message = forms.CharField(
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What the reviewers should know: why, what was tried, what to look at.",
    )
    label = forms.CharField(
        max_length=40,
        initial=PRODUCTION,
        help_text="What the release will be called: production, staging … It moves only once this is approved.",
    )

    due = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Until when it should be decided. Overdue ones say so in the queue.",
    )

    def __init__(self, *args: Any, revision: Revision, evidence: tuple[Evidence, ...], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"title": revision.message or f"r{revision.number}"})
        super().__init__(*args, **kwargs)
        self.revision, self.evidence = revision, evidence

    @property
    def chosen(self) -> set[int]:
        """Numbers of the runs that are ticked."""
        if self.is_bound:
            ticked = self.data.getlist("run")  # type: ignore[attr-defined]
            return {int(number) for number in ticked if number.isdecimal()}
        return {item.run.number for item in self.evidence if not item.excluded}

    @property
    def asked(self) -> list[str]:
        """Logins of those who are named; nobody means everybody who may decide."""
        return self.data.getlist("asked") if self.is_bound else []  # type: ignore[attr-defined]

    @transaction.atomic
    def send(self, member: Membership) -> Review:
        """Raises what ``request_review`` and ``assign`` raise."""
        data = self.cleaned_data
        review = self._request(member, data)
        if self.asked:
            assign(review=review, logins=self.asked, due=data["due"], member=member)
        return review

    def _request(self, member: Membership, data: dict[str, Any]) -> Review:
        if data["due"] and data["due"] < timezone.localdate():
            raise Invalid(f"{data['due']:%-d %B %Y} has passed.", "Choose a day from today on.")
        return request_review(
            revision=self.revision,
            runs=[item.run for item in self.evidence if item.run.number in self.chosen],
            message=data["message"],
            member=member,
            title=data["title"],
            label=data["label"],
            due=data["due"],
            named=bool(self.asked),
        )
