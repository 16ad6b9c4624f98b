from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing.budgets import alerts, storage, top_ups

        alerts.register()
        top_ups.register()
        storage.register("files", storage.files)
