from django.urls import path

from console.notifications import views

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.listed, name="list"),
    path("notifications/unread", views.unread, name="unread"),
    path("notifications/read", views.read_all, name="read_all"),
    path("notifications/settings", views.preferences, name="settings"),
    path("notifications/<int:pk>/open", views.open_one, name="open"),
]
