from django.urls import path

from console.releases import api

app_name = "api"
urlpatterns = [
    path("prompts/<slug:slug>/<slug:label>", api.prompt, name="prompt"),
]
