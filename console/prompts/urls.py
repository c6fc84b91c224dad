from django.urls import path

from console.prompts import (
    compose_views,
    history_views,
    import_views,
    judge_views,
    merge_views,
    new_views,
    proposal_views,
    snippet_views,
)

app_name = "prompts"

# Pages of a draft: below the prompt for its main one, below the name for a proposal.
OF_A_DRAFT = (
    ("compose", compose_views.compose, "compose"),
    ("save", compose_views.save, "save"),
    ("check", compose_views.check_form, "check"),
    ("snapshot", compose_views.snapshot, "snapshot"),
    ("acknowledge", compose_views.acknowledge_finding, "acknowledge"),
    ("presence", compose_views.be_present, "presence"),
    ("events", compose_views.events, "events"),
    ("judge", judge_views.judge_draft, "judge"),
    ("merge", merge_views.merge_draft, "merge"),
    ("changes", history_views.changes, "changes"),
    ("draft.yaml", history_views.draft_file, "file"),
)
urlpatterns = [
    path("prompts/", new_views.index, name="list"),
    path("prompts/new", new_views.new, name="new"),
    path("prompts/import", import_views.import_prompts, name="import"),
    path("prompts/slug", new_views.slug_state, name="slug"),
    *(path(f"prompts/<slug:slug>/{end}", view, name=name) for end, view, name in OF_A_DRAFT),
    *(
        path(f"prompts/<slug:slug>/drafts/<slug:draft>/{end}", view, name=f"proposal-{name}")
        for end, view, name in OF_A_DRAFT
    ),
    path("prompts/<slug:slug>/drafts/", proposal_views.proposals, name="proposals"),
    path(
        "prompts/<slug:slug>/drafts/<slug:name>/merge-back", proposal_views.merge_proposal, name="merge_back"
    ),
    path(
        "prompts/<slug:slug>/drafts/<slug:name>/close", proposal_views.close_proposal, name="close_proposal"
    ),
    path("prompts/<slug:slug>/snippets/take-up", snippet_views.take_up, name="take_up"),
    path("judge/", judge_views.judge_settings, name="judge-settings"),
    path(
        "prompts/<slug:slug>/revisions/<int:number>/judge", judge_views.judge_revision, name="judge-revision"
    ),
    path(
        "prompts/<slug:slug>/revisions/<int:number>/judge/acknowledge",
        judge_views.acknowledge_judged,
        name="judge-acknowledge",
    ),
    path("prompts/<slug:slug>/archive", history_views.archive_prompt, name="archive"),
    path(
        "prompts/<slug:slug>/versions/<int:number>/restore", history_views.restore_saved, name="restore_saved"
    ),
    path("prompts/<slug:slug>/revisions/<int:number>", history_views.revision, name="revision"),
    path(
        "prompts/<slug:slug>/revisions/<int:number>.yaml", history_views.revision_file, name="revision_file"
    ),
    path(
        "prompts/<slug:slug>/revisions/<int:number>/restore", history_views.restore_revision, name="restore"
    ),
    path("prompts/<slug:slug>/compare/<int:number>..<int:other>", history_views.compare, name="compare"),
]
