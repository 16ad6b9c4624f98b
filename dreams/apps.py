from django.apps import AppConfig


class DreamsConfig(AppConfig):
    name = "dreams"

    def ready(self) -> None:
        from dreams.elicitation import evidence, running
        from dreams.elicitation import export as elicitation_export
        from dreams.elicitation import panel as elicitation_panel
        from dreams.guardrails import answering, export, looking
        from dreams.guardrails import panel as guardrail_panel
        from governance.amendments import panels, suspensions
        from governance.drift import panels as drift_panels
        from governance.exports import sources
        from governance.jobs import handlers

        looking.register_kinds()
        suspensions.register("guardrails", answering.suspension)
        for source in (export.SOURCE, *elicitation_export.SOURCES):
            sources.register(source)
        evidence.register()
        handlers.register(running.KIND, running.handle)
        drift_panels.register(elicitation_panel.TEMPLATE, elicitation_panel.card)
        panels.register(guardrail_panel.TEMPLATE, guardrail_panel.card)
