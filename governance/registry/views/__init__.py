from governance.registry.views.history import blame_page, compare_page, time_machine_page, versions_page
from governance.registry.views.pages import (
    dependencies_page,
    detail_page,
    download,
    health_page,
    list_page,
    register_page,
)
from governance.registry.views.status import status_page

__all__ = [
    "blame_page",
    "compare_page",
    "dependencies_page",
    "detail_page",
    "download",
    "health_page",
    "list_page",
    "register_page",
    "status_page",
    "time_machine_page",
    "versions_page",
]
