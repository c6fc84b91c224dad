from django.urls import path

from console.accounts import views

app_name = "accounts"
urlpatterns = [
    path("members/", views.members, name="members"),
    path("members/<int:pk>", views.member_roles, name="member-roles"),
]
