"""The web server's entry. Refuses to serve on a database role that could step around row security, or without its embedder."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tarsweb.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from governance.tenancy import refuse_privileged_role
from routing.embeddings.checks import refuse_useless_embedder

refuse_privileged_role()
refuse_useless_embedder()
