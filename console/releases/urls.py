from django.urls import path

from console.releases import delivery_views, drift_views, history_views, impact_views, views, webhook_views

app_name = "releases"
urlpatterns = [
    path("policy/versions", impact_views.versions, name="versions"),
    path("policy/rules/<str:rule>/used", impact_views.used, name="used"),
    path("policy/compare", impact_views.compare_policy, name="compare_policy"),
    path("bounds/preview", impact_views.preview_bounds, name="preview_bounds"),
    path("impact/<int:number>", impact_views.show, name="impact"),
    path("impact/<int:number>/put", impact_views.put, name="put_in_force"),
    path("prompts/<slug:slug>/history", history_views.history, name="history"),
    path("prompts/<slug:slug>/drift", drift_views.drift_of, name="drift"),
    path("prompts/<slug:slug>/drift/<int:watch>", drift_views.change, name="change_watch"),
    path("prompts/<slug:slug>/releases", views.releases, name="list"),
    path("prompts/<slug:slug>/releases/<int:number>", views.release, name="release"),
    path("prompts/<slug:slug>/releases/<int:number>/export/<str:format>", views.export, name="export"),
    path("prompts/<slug:slug>/releases/<int:number>/move", views.move, name="move"),
    path("webhooks/", webhook_views.webhooks, name="webhooks"),
    path("webhooks/<int:pk>", webhook_views.webhook, name="webhook"),
    path("webhooks/<int:pk>/<slug:act>", webhook_views.change, name="webhook-change"),
    path("webhooks/<int:pk>/deliveries/<int:delivery>/replay", webhook_views.replay, name="webhook-replay"),
    path("prompts/<slug:slug>/releases/<int:number>/labels/<slug:name>", delivery_views.point, name="point"),
    path(
        "prompts/<slug:slug>/releases/<int:number>/labels/<slug:name>/plan",
        delivery_views.plan,
        name="plan",
    ),
    path(
        "prompts/<slug:slug>/releases/<int:number>/labels/<slug:name>/share",
        delivery_views.share,
        name="share",
    ),
    path("prompts/<slug:slug>/releases/<int:number>/labels/", delivery_views.choose, name="choose_label"),
    path("prompts/<slug:slug>/labels/<slug:name>/protect", delivery_views.protect, name="protect"),
    path("prompts/<slug:slug>/labels/<slug:name>/retire", delivery_views.retire, name="retire"),
    path("prompts/<slug:slug>/labels/<slug:name>/share/end", delivery_views.end, name="end_share"),
    path("prompts/<slug:slug>/plans/<int:pk>/cancel", delivery_views.cancel, name="cancel_plan"),
    path("keys.json", delivery_views.keys, name="keys"),
    path("audit/checkpoints.jsonl", delivery_views.checkpoints_file, name="checkpoints"),
    path("reviews/<int:number>/release", views.create, name="create"),
]
