from django.apps import AppConfig


class DreamsConfig(AppConfig):
    name = "dreams"

    def ready(self) -> None:
        from dreams.cycles import export as night_export
        from dreams.cycles import export_acts as dream_exports
        from dreams.cycles import forgetting as dreamed_words
        from dreams.cycles import judging, planning, running, stopping
        from dreams.cycles import panel as night_panel
        from dreams.elicitation import evidence
        from dreams.elicitation import export as elicitation_export
        from dreams.elicitation import panel as elicitation_panel
        from dreams.elicitation import running as eliciting
        from dreams.guardrails import answering, export, looking, watching
        from dreams.guardrails import panel as guardrail_panel
        from governance.amendments import caught, panels, suspensions
        from governance.drift import panels as drift_panels
        from governance.exports import sources
        from governance.jobs import handlers
        from governance.registry import panels as system_panels
        from routing.lifecycle import forgetting

        handlers.register(planning.KIND, running.handle)
        handlers.on_end(stopping.job_ended)
        judging.register_kinds()
        forgetting.register("dreams", dreamed_words.forget)
        looking.register_kinds()
        caught.register("guardrails", watching.uncaught)
        suspensions.register("guardrails", answering.suspension)
        for source in (export.SOURCE, *night_export.SOURCES, *elicitation_export.SOURCES, *dream_exports.SOURCES):
            sources.register(source)
        evidence.register()
        handlers.register(eliciting.KIND, eliciting.handle)
        drift_panels.register(elicitation_panel.TEMPLATE, elicitation_panel.card)
        system_panels.register_beside(night_panel.TEMPLATE, night_panel.card)
        panels.register(guardrail_panel.TEMPLATE, guardrail_panel.card)
