from django.urls import path

from console.reviews import queue_views, views

app_name = "reviews"
urlpatterns = [
    path("reviews/", queue_views.queue, name="list"),
    path("prompts/<slug:slug>/reviews", queue_views.of_prompt, name="of_prompt"),
    path("prompts/<slug:slug>/revisions/<int:number>/review", queue_views.request_page, name="request"),
    path("reviews/<int:number>/", views.review, name="review"),
    path("reviews/<int:number>/events", views.events, name="events"),
    path("reviews/<int:number>/decide", views.decide, name="decide"),
    path("reviews/<int:number>/withdraw", views.withdraw, name="withdraw"),
    path("reviews/<int:number>/evidence", views.evidence, name="evidence"),
    path("reviews/people", views.people_json, name="people"),
    path("reviews/<int:number>/asked", views.ask_people, name="assign"),
    path("reviews/<int:number>/hand-over", views.hand_over, name="hand_over"),
    path("reviews/<int:number>/comments/<int:pk>/apply", views.apply, name="apply"),
    path("reviews/<int:number>/threads", views.open_thread, name="threads"),
    path("reviews/<int:number>/threads/<int:pk>", views.reply, name="thread"),
]
