from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing.budgets import alerts, export, panel, storage, top_ups
        from governance.exports import sources
        from governance.registry import panels

        alerts.register()
        top_ups.register()
        storage.register("files", storage.files)
        panels.register_beside(panel.TEMPLATE, panel.card)
        for source in export.SOURCES:
            sources.register(source)
