from django.apps import AppConfig


class TrialsConfig(AppConfig):
    name = "console.trials"
    label = "trials"
