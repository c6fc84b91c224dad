from django.urls import path

from console.trials import (
    cell_views,
    compare_views,
    keep_views,
    probe_suite_views,
    quality_views,
    rating_views,
    run_views,
    suite_views,
    try_views,
)

app_name = "trials"
urlpatterns = [
    path("prompts/<slug:slug>/trials/", run_views.run_list, name="list"),
    path("prompts/<slug:slug>/trials/new/", run_views.new_run, name="new"),
    path("prompts/<slug:slug>/trials/probes/", probe_suite_views.suite, name="probe-suite"),
    path("prompts/<slug:slug>/quality", quality_views.quality, name="quality"),
    path("prompts/<slug:slug>/try", try_views.try_prompt, name="try"),
    path("prompts/<slug:slug>/try/stop", try_views.stop, name="stop"),
    path("prompts/<slug:slug>/try/<int:chat>/scenario", keep_views.keep, name="keep"),
    path("runs/<int:number>/", run_views.run, name="run"),
    path("runs/<int:number>/against/<int:other>/", compare_views.compare, name="compare"),
    path("runs/<int:number>/cancel/", run_views.cancel, name="cancel"),
    path("runs/<int:number>/events/", run_views.events, name="events"),
    path("runs/<int:number>/report.<str:format>", run_views.report, name="report"),
    path("runs/<int:number>/cells/<str:scenario>/", cell_views.cell, name="cell"),
    path("runs/<int:number>/cells/<str:scenario>/keep", keep_views.keep_cell, name="keep-cell"),
    path("runs/<int:number>/rate", rating_views.rate, name="rate"),
    path("runs/<int:number>/rate/blind/", rating_views.rate_blind, name="rate-blind"),
    path("suites/", suite_views.suite_list, name="suites"),
    path("suites/new/", suite_views.new_suite, name="new-suite"),
    path("suites/<slug:suite>/", suite_views.suite, name="suite"),
    path("suites/<slug:suite>/new-scenario", suite_views.scenario, name="new-scenario"),
    path("suites/<slug:suite>/scenarios/<str:scenario>", suite_views.scenario, name="scenario"),
    path("suites/<slug:suite>/<int:number>.<str:extension>", suite_views.export, name="suite-export"),
]
