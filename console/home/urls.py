from django.urls import path

from console.home import health, views

app_name = "home"
urlpatterns = [
    path("", views.root, name="root"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("w/<slug:workspace>/", views.index, name="index"),
    path("w/<slug:workspace>/jump", views.jump, name="jump"),
]
