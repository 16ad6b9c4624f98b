from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class TarswebConfig(AppConfig):
    name = "tarsweb"
    verbose_name = "TARS"

    def ready(self) -> None:
        from dreams.guardrails import watching
        from governance.amendments import tasks as clock
        from governance.exports import sources
        from governance.jobs import handlers
        from governance.notices import kinds
        from tarsweb.demo import actions, help_desk, progress, removal
        from tarsweb.overview import export as overview
        from tarsweb.people.export import SOURCE
        from tarsweb.platform.actions import END_VISIT, end_by_job

        help_desk.register()
        removal.register()
        watching.register_wait(progress.is_playing)
        clock.register_wait(actions.is_being_filled)
        for source in (SOURCE, *overview.SOURCES):
            sources.register(source)
        handlers.register(END_VISIT, end_by_job, can_stop=False)
        kinds.register("left", "Somebody left and decisions moved on")
        kinds.register("visit", "Platform staff visits the tenant", can_mute=False)


class TarsAdminConfig(AdminConfig):
    default_site = "tarsweb.admin_site.TarsAdminSite"
