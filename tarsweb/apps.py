from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class TarswebConfig(AppConfig):
    name = "tarsweb"
    verbose_name = "TARS"


class TarsAdminConfig(AdminConfig):
    default_site = "tarsweb.admin_site.TarsAdminSite"
