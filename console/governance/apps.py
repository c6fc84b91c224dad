from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "console.governance"
    label = "governance"

    def ready(self) -> None:
        from console.accounts.voices import speaks_by
        from console.governance.services import pack_in_force

        speaks_by(pack_in_force)
