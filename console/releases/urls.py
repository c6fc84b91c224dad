from django.urls import path

from console.releases import views

app_name = "releases"
urlpatterns = [
    path("prompts/<slug:slug>/releases", views.releases, name="list"),
    path("prompts/<slug:slug>/releases/<int:number>", views.release, name="release"),
    path("prompts/<slug:slug>/releases/<int:number>/export/<str:format>", views.export, name="export"),
    path("prompts/<slug:slug>/releases/<int:number>/move", views.move, name="move"),
    path("reviews/<int:number>/release", views.create, name="create"),
]
