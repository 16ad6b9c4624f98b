from django.apps import AppConfig


class DreamsConfig(AppConfig):
    name = "dreams"

    def ready(self) -> None:
        from dreams.guardrails import answering, export, looking
        from dreams.guardrails import panel as guardrail_panel
        from governance.amendments import panels, suspensions
        from governance.exports import sources

        looking.register_kinds()
        suspensions.register("guardrails", answering.suspension)
        sources.register(export.SOURCE)
        panels.register(guardrail_panel.TEMPLATE, guardrail_panel.card)
