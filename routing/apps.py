from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "routing"

    def ready(self) -> None:
        from routing.embeddings.checks import register_checks

        register_checks()
        from governance.exports import sources
        from governance.registry import panels
        from routing.router import export, panel

        sources.register(export.SOURCE)
        panels.register_beside(panel.TEMPLATE, panel.card)
