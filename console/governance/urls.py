from django.urls import path

from console.governance import audit_views, bounds_views, pack_views, policy_views

app_name = "governance"
urlpatterns = [
    path("policy/", policy_views.policy, name="policy"),
    path("policy/reach", policy_views.reach, name="reach"),
    path("policy/publish", pack_views.publish_pack, name="publish"),
    path("policy/packs/<slug:name>/<str:version>", pack_views.pack_source, name="pack_source"),
    path("policy/codes/<str:code>", policy_views.code, name="code"),
    path("policy/rules/<str:rule>", policy_views.rule, name="rule"),
    path("bounds/", bounds_views.bounds, name="bounds"),
    path("bounds/samples", bounds_views.samples, name="samples"),
    path("audit/", audit_views.audit, name="audit"),
    path("audit/file/<slug:format>", audit_views.export, name="audit_export"),
]
