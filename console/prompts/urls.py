from django.urls import path

from console.prompts import compose_views, history_views, import_views, judge_views, merge_views, new_views

app_name = "prompts"
urlpatterns = [
    path("prompts/", new_views.index, name="list"),
    path("prompts/new", new_views.new, name="new"),
    path("prompts/import", import_views.import_prompts, name="import"),
    path("prompts/slug", new_views.slug_state, name="slug"),
    path("prompts/<slug:slug>/compose", compose_views.compose, name="compose"),
    path("prompts/<slug:slug>/save", compose_views.save, name="save"),
    path("prompts/<slug:slug>/check", compose_views.check_form, name="check"),
    path("prompts/<slug:slug>/snapshot", compose_views.snapshot, name="snapshot"),
    path("prompts/<slug:slug>/acknowledge", compose_views.acknowledge_finding, name="acknowledge"),
    path("judge/", judge_views.judge_settings, name="judge-settings"),
    path("prompts/<slug:slug>/judge", judge_views.judge_draft, name="judge"),
    path(
        "prompts/<slug:slug>/revisions/<int:number>/judge", judge_views.judge_revision, name="judge-revision"
    ),
    path(
        "prompts/<slug:slug>/revisions/<int:number>/judge/acknowledge",
        judge_views.acknowledge_judged,
        name="judge-acknowledge",
    ),
    path("prompts/<slug:slug>/presence", compose_views.be_present, name="presence"),
    path("prompts/<slug:slug>/events", compose_views.events, name="events"),
    path("prompts/<slug:slug>/merge", merge_views.merge_draft, name="merge"),
    path("prompts/<slug:slug>/draft.yaml", history_views.draft_file, name="file"),
    path("prompts/<slug:slug>/changes", history_views.changes, name="changes"),
    path("prompts/<slug:slug>/archive", history_views.archive_prompt, name="archive"),
    path(
        "prompts/<slug:slug>/versions/<int:number>/restore", history_views.restore_saved, name="restore_saved"
    ),
    path("prompts/<slug:slug>/history", history_views.history, name="history"),
    path("prompts/<slug:slug>/revisions/<int:number>", history_views.revision, name="revision"),
    path(
        "prompts/<slug:slug>/revisions/<int:number>.yaml", history_views.revision_file, name="revision_file"
    ),
    path(
        "prompts/<slug:slug>/revisions/<int:number>/restore", history_views.restore_revision, name="restore"
    ),
    path("prompts/<slug:slug>/compare/<int:number>..<int:other>", history_views.compare, name="compare"),
]
