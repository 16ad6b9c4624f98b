from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing.budgets import alerts, export, storage, top_ups
        from governance.exports import sources

        alerts.register()
        top_ups.register()
        storage.register("files", storage.files)
        for source in export.SOURCES:
            sources.register(source)
