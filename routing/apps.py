from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "routing"

    def ready(self) -> None:
        from billing.budgets import storage, systems
        from governance.amendments import panels as amendment_panels
        from governance.exports import sources
        from governance.jobs import handlers
        from governance.registry import impact, panels
        from routing.connectors import declared, installed, looking
        from routing.connectors import export as connectors
        from routing.connectors import panel as connector_panel
        from routing.connectors.actions import tools
        from routing.embeddings.checks import register_checks
        from routing.executions import approving, beside, choosing, drifting, figures_export, kept, panel, waiting
        from routing.executions import export as executions
        from routing.learning import forgetting as learned_words
        from routing.learning import night
        from routing.learning import panel as learning_panel
        from routing.lifecycle import checking, forgetting
        from routing.lifecycle import kept as archive_bytes
        from routing.lifecycle import panel as lifecycle_panel
        from routing.router import export as router_export
        from routing.router import impact as router_impact
        from routing.router import panel as router_panel
        from routing.router import vetoes
        from routing.telemetry import alerts
        from routing.telemetry import export as telemetry
        from routing.telemetry import panel as telemetry_panel
        from routing.whatif import forgetting as replayed_words
        from routing.whatif import panel as whatif_panel
        from routing.whatif import running as whatif
        from routing.writing import checks as writer_checks

        register_checks()
        writer_checks.register_checks()
        installed.register_own()
        handlers.register(tools.LOOK, looking.handle)
        handlers.register(whatif.KIND, whatif.handle)
        amendment_panels.register(whatif_panel.TEMPLATE, whatif_panel.card)
        tools.register_kinds()
        alerts.register_kinds()
        approving.register()
        drifting.register()
        storage.register(kept.SOURCE, kept.count)
        storage.register("archives", archive_bytes.count)
        beside.register(lifecycle_panel.EXECUTION, lifecycle_panel.execution)
        beside.listen("lifecycle", lifecycle_panel.opened)
        panels.register_beside(lifecycle_panel.SYSTEM, lifecycle_panel.system)
        systems.register_maximums(declared.maximums)
        vetoes.register("connector", choosing.out_of_reach)
        panels.register_beside(connector_panel.TEMPLATE, connector_panel.card)
        panels.register_beside(telemetry_panel.TEMPLATE, telemetry_panel.card)
        for source in (connectors.SOURCE, executions.SOURCE, *figures_export.SOURCES, *telemetry.SOURCES):
            sources.register(source)
        sources.register(router_export.SOURCE)
        impact.register("router", router_impact.found)
        impact.register("executions", waiting.found)
        router_panel.register_waiting(waiting.count)
        panels.register_beside(panel.TEMPLATE, panel.card)
        router_panel.register_below(panel.OWN, panel.own)
        panels.register_beside(router_panel.TEMPLATE, router_panel.card)
        router_panel.register_above_rules(learning_panel.WAITING, learning_panel.waiting)
        router_panel.register_of_rule(learning_panel.ORIGIN, learning_panel.origin)
        learning_panel.register_beside(whatif_panel.OF_RULE, whatif_panel.of_rule)
        night.register_kinds()
        forgetting.register("patterns", learned_words.forget)
        forgetting.register("examples", replayed_words.forget)
        checking.register_kinds()
