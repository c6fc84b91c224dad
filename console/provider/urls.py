from django.urls import path

from console.provider import views

app_name = "provider"
urlpatterns = [
    path("provider/", views.account_list, name="accounts"),
    path("provider/model", views.model_note, name="model-note"),
    path("provider/budgets", views.budgets, name="budgets"),
    path("provider/<int:pk>", views.account, name="account"),
    path("provider/<int:pk>/test", views.test, name="test"),
    path("provider/<int:pk>/key", views.change_key, name="key"),
    path("provider/<int:pk>/default", views.make_default, name="default"),
    path("provider/<int:pk>/close", views.close, name="close"),
]
