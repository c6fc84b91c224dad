from django.urls import path

from console.home import health, metrics, views

app_name = "home"
urlpatterns = [
    path("", views.root, name="root"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("w/<slug:workspace>/", views.index, name="index"),
    path("w/<slug:workspace>/jump", views.jump, name="jump"),
]
