from django.urls import path

from console.accounts import invitation_views, token_views, views

app_name = "accounts"
urlpatterns = [
    path("members/", views.members, name="members"),
    path("members/add", views.add, name="member-add"),
    path("members/<int:pk>", views.member_roles, name="member-roles"),
    path("members/<int:pk>/remove", views.remove, name="member-remove"),
    path("members/security", views.security, name="security"),
    path("members/invite", invitation_views.create, name="invite"),
    path("members/invitations/<int:pk>/renew", invitation_views.renew, name="invitation-renew"),
    path("members/invitations/<int:pk>/withdraw", invitation_views.withdraw, name="invitation-withdraw"),
    path("tokens/", token_views.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke", token_views.revoke, name="token-revoke"),
]
