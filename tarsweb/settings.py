"""One settings file. The environment is read here and nowhere else; what is missing or weak stops the start with a sentence.

| variable | meaning | default |
|---|---|---|
| `TARS_HOME` | data folder (database, secrets, mail) | the user's data folder |
| `TARS_DATABASE_URL` | the database as the application role | the embedded server |
| `TARS_DATABASE_OWNER_URL` | the same database as the owner, for migrations | the embedded server |
| `TARS_DATABASE_ROLE` | `app` or `owner`: which of the two this process uses | `app` |
| `TARS_PUBLIC_URL` | the address people type | `http://127.0.0.1:$TARS_PORT` |
| `TARS_SECRET_KEY`, `TARS_SEALING_KEYS` | secrets | `$TARS_HOME/secrets.env` |
| `TARS_API_RATE` | requests a minute that one token or person may make to the API | 600 |
| `TARS_EMAIL_URL` | where mail goes | files in `$TARS_HOME/mail` |
| `TARS_PROXIES` | how many proxies of yours are in front | 1 with an https address, else 0 |
| `TARS_OIDC_ISSUER`, `_CLIENT_ID`, `_CLIENT_SECRET`, `_NAME` | the company's sign-in service | none |
| `TARS_OUTBOUND_ALLOW` | private hosts and networks that webhooks, agents, embedders and writers may be at | none |
| `TARS_MCP`, `TARS_MCP_HOSTS` | where `tars up` serves MCP, as HOST:PORT; names a proxy passes on (docs/mcp.md) | none |
| `TARS_DEMO_SIZE` | how much was asked in the demo's past: 1 is about 3,000 requests | 1 |
| `TARS_RUNNERS` | how many agents work at the same time | 8 |
| `TARS_EMBEDDER` | how requests are compared: `minilm`, `lexical` or `openai` | `minilm` |
| `TARS_EMBEDDER_URL`, `_MODEL`, `_KEY`, `_DIMENSIONS` | the service, when it is `openai` | none |
| `TARS_WRITER_URL`, `_MODEL`, `_KEY`, `_SECONDS` | a language model that writes variants of texts | none, 30 |
| `TARS_ARCHIVES` | the folder of archive files (docs/lifecycle.md) | `$TARS_HOME/archives` |
| `TARS_ARCHIVE_BUCKET`, `_ENDPOINT`, `_KEY`, `_SECRET`, … | a bucket instead of the folder (`routing.lifecycle.places`) | none |
| `TARS_AGENT_COMMANDS` | commands that agents may be started with, a JSON object (docs/agents.md) | none |
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from routing.lifecycle.places import place_of
from tarsweb import oidc
from tarsweb.home import Home, database_url

# HAZARD: set before numpy is loaded. BLAS takes a thread per core and lets them spin: once two processes embed at the same time,
# a sentence takes ten to two hundred times as long (docs/embeddings.md).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
HOME = Home()


def _secret(name: str) -> str:
    value = env.str(name, default="") or HOME.secrets().get(name, "")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Run `make up` once, which makes it, or set it in the environment."
        )
    return value


def _database(role: str) -> dict[str, object]:
    name = {"app": "TARS_DATABASE_URL", "owner": "TARS_DATABASE_OWNER_URL"}[role]
    url = env.str(name, default="")
    if not url and role == "owner" and env.str("TARS_DATABASE_URL", default=""):
        raise ImproperlyConfigured(
            "TARS_DATABASE_OWNER_URL is not set. Migrations run as the role that owns the tables, the product never does: "
            "set it beside TARS_DATABASE_URL."
        )
    return dict(environ.Env.db_url_config(url or database_url(role=role)))  # type: ignore[arg-type]


SECRET_KEY = _secret("TARS_SECRET_KEY")
SEALING_KEYS: list[str] = [key for key in _secret("TARS_SEALING_KEYS").split(",") if key]
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("TARS_SECRET_KEY is too short: use at least 50 random characters.")

DEBUG = env.bool("TARS_DEBUG", default=False)
PORT = env.int("TARS_PORT", default=8000)
PUBLIC_URL = env.str("TARS_PUBLIC_URL", default=f"http://127.0.0.1:{PORT}")
_public = urlsplit(PUBLIC_URL)
HTTPS = _public.scheme == "https"
LOOPBACK = _public.hostname in {"127.0.0.1", "localhost", "::1"}
if not HTTPS and not LOOPBACK and not env.bool("TARS_INSECURE_HTTP", default=False):
    raise ImproperlyConfigured(
        f"TARS_PUBLIC_URL is {PUBLIC_URL}: away from this machine sign-in needs https. Put a TLS proxy in front and use its "
        "https address, or set TARS_INSECURE_HTTP=1 on a network you trust."
    )
LISTENS_ON = env.str("TARS_HOST", default="127.0.0.1")
LOCAL_ONLY = LOOPBACK and LISTENS_ON in {"127.0.0.1", "localhost", "::1"}
ALLOWED_HOSTS = [str(_public.hostname), *env.list("TARS_ALLOWED_HOSTS", default=[])]
if LOOPBACK:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL.rstrip("/")]

INSTALLED_APPS = [
    "governance.apps.GovernanceConfig",
    "billing.apps.BillingConfig",
    "routing.apps.RoutingConfig",
    "dreams.apps.DreamsConfig",
    "tarsweb.apps.TarswebConfig",
    "tarsweb.apps.TarsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "django_q",
]

MIDDLEWARE = [
    "tarsweb.middleware.RequestId",
    "tarsweb.middleware.Problems",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tarsweb.middleware.TenantScope",
    "tarsweb.middleware.Refusals",
]

ROOT_URLCONF = "tarsweb.urls"
WSGI_APPLICATION = "tarsweb.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tarsweb.shell.shell",
                "tarsweb.guide.session.banner",
                "tarsweb.help.articles.help_here",
            ],
        },
    }
]

# -- database: requests and tasks never run as the owner; DESIGN.md contract 4
DATABASE_ROLE = env.str("TARS_DATABASE_ROLE", default="app")
if DATABASE_ROLE not in {"app", "owner"}:
    raise ImproperlyConfigured(f"TARS_DATABASE_ROLE is {DATABASE_ROLE!r}: use app or owner.")
DATABASES = {
    "default": {
        **_database(DATABASE_ROLE),
        "ENGINE": "governance.postgres",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {"connect_timeout": 5, "server_side_binding": True, "prepare_threshold": 3},
    }
}
APP_ROLE: str = str(_database("app")["USER"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "tars_cache",
        # HAZARD: beyond this, rate limits and the marks of used one-time codes go early. Django's 300 is too few.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# -- people
AUTH_USER_MODEL = "governance.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
# How many proxies of ours stand in front: limits count by the address that the outermost one saw.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TARS_PROXIES", default=1 if HTTPS else 0)
ACCOUNT_ADAPTER = "tarsweb.demo.adapter.DemoGate"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "TARS: "
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "tarsweb.account.passkey_form.AddPasskeyForm"}
MFA_ADAPTER = "governance.identity.adapters.SealedFactors"
MFA_TOTP_ISSUER = "TARS"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are given by tenant admins, never claimed at a sign-up
# INVARIANT: a used one-time code is remembered for one period; with tolerance it would be good for longer than that.
MFA_TOTP_TOLERANCE = 0
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_ADAPTER = "governance.identity.adapters.CompanySignIn"
# The company's sign-in service (OpenID Connect), when it is named; docs/operations.md
SOCIALACCOUNT_PROVIDERS = oidc.providers(
    issuer=env.str("TARS_OIDC_ISSUER", default=""),
    client_id=env.str("TARS_OIDC_CLIENT_ID", default=""),
    secret=env.str("TARS_OIDC_CLIENT_SECRET", default=""),
    name=env.str("TARS_OIDC_NAME", default="your company"),
)
USERSESSIONS_TRACK_ACTIVITY = False

# -- web
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Cookies ignore ports: two clones on one host must not sign each other out.
SESSION_COOKIE_NAME = "tars_session" if HTTPS else f"tars_session_{PORT}"
CSRF_COOKIE_NAME = "tars_csrf" if HTTPS else f"tars_csrf_{PORT}"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "governance.files.bounded.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("TARS_STATIC_ROOT", default=str(HOME.path / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = env.bool("TARS_STATIC_FINDERS", default=False)
if WHITENOISE_USE_FINDERS:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

API_RATE = env.int("TARS_API_RATE", default=600)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "governance.tokens.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tarsweb.bodies.StrictJSONParser"],
    "EXCEPTION_HANDLER": "tarsweb.errors.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DEFAULT_SCHEMA_CLASS": "governance.openapi.Schema",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "TARS",
    "DESCRIPTION": "The control plane in which AI agents are governed. The same verbs as the pages, with the same rules.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_PATCH": False,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "PREPROCESSING_HOOKS": ["governance.openapi.only_ours"],
    "POSTPROCESSING_HOOKS": ["governance.openapi.closed"],
}

# -- mail: files on a machine without SMTP
vars().update(environ.Env.email_url_config(env.str("TARS_EMAIL_URL", default=f"filemail:///{HOME.path / 'mail'}")))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("TARS_MAIL_FROM", default="TARS <tars@localhost>")

# -- calls that leave TARS (governance/outbound.py)
OUTBOUND_ALLOW: list[str] = env.list("TARS_OUTBOUND_ALLOW", default=[])

# -- the runner (docs/work.md): threads, each of which waits for one agent
RUNNERS = env.int("TARS_RUNNERS", default=8)
if not 1 <= RUNNERS <= 200:
    raise ImproperlyConfigured("TARS_RUNNERS is how many agents work at the same time: 1 to 200.")

# -- how much was asked of the demo's systems in its past: 1 is about 3,000 requests
DEMO_SIZE = env.float("TARS_DEMO_SIZE", default=1.0)
if not 0 <= DEMO_SIZE <= 20:
    raise ImproperlyConfigured("TARS_DEMO_SIZE is how much of its past the demo tells: 0 to 20, 1 is usual.")

# -- how requests are compared (docs/embeddings.md)
EMBEDDER = env.str("TARS_EMBEDDER", default="minilm")
EMBEDDER_URL = env.str("TARS_EMBEDDER_URL", default="")
EMBEDDER_MODEL = env.str("TARS_EMBEDDER_MODEL", default="")
EMBEDDER_KEY = env.str("TARS_EMBEDDER_KEY", default="")
EMBEDDER_DIMENSIONS = env.int("TARS_EMBEDDER_DIMENSIONS", default=0)
if EMBEDDER not in {"minilm", "lexical", "openai"}:
    raise ImproperlyConfigured(f"TARS_EMBEDDER is {EMBEDDER!r}: use minilm, lexical or openai.")
if EMBEDDER == "openai" and not (EMBEDDER_URL and EMBEDDER_MODEL):
    raise ImproperlyConfigured("TARS_EMBEDDER is openai: set TARS_EMBEDDER_URL and TARS_EMBEDDER_MODEL too.")
if not 0 <= EMBEDDER_DIMENSIONS <= 4096:
    raise ImproperlyConfigured(
        "TARS_EMBEDDER_DIMENSIONS is the size of a vector, 1 to 4096, or 0 for what the model gives."
    )
# -- a language model that writes variants of texts for nights (docs/dreams.md)
WRITER_URL = env.str("TARS_WRITER_URL", default="")
WRITER_MODEL = env.str("TARS_WRITER_MODEL", default="")
WRITER_KEY = env.str("TARS_WRITER_KEY", default="")
WRITER_SECONDS = env.int("TARS_WRITER_SECONDS", default=30)
if bool(WRITER_URL) != bool(WRITER_MODEL):
    raise ImproperlyConfigured(
        "A writer has an address and a model: set TARS_WRITER_URL and TARS_WRITER_MODEL, or neither."
    )
if not 1 <= WRITER_SECONDS <= 120:
    raise ImproperlyConfigured("TARS_WRITER_SECONDS is how long a night's plan waits for the writer: 1 to 120.")
# -- what the router learned from many rules; derived files that web and tasks both read
ROUTER_HEADS = env.str("TARS_HEADS", default=str(HOME.path / "heads"))
# -- where what nobody opened for a year is kept (docs/lifecycle.md)
ARCHIVES = env.str("TARS_ARCHIVES", default=str(HOME.path / "archives"))
try:
    ARCHIVE_BUCKET = place_of(os.environ)
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from None
# -- what an agent may be started with; `routing.connectors.installed` reads it, a system check its shape
AGENT_COMMANDS: dict[str, list[str]] = env.json("TARS_AGENT_COMMANDS", default={})

# -- tasks: retry > timeout × (1 + queue_limit / workers), or work runs twice (docs/decisions/0003)
Q_CLUSTER = {
    "name": "tars",
    "orm": "default",
    "workers": env.int("TARS_WORKERS", default=2),
    "queue_limit": 2,
    "bulk": 1,
    "timeout": 300,
    "retry": 3600,
    "max_attempts": 3,
    "ack_failures": True,
    "catch_up": False,
    "poll": 1,
    "recycle": 200,
    "save_limit": 1000,
    "guard_cycle": 0.5,
    "label": "Tasks",
}

LANGUAGE_CODE = "en"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("TARS_LOG_LEVEL", default="WARNING")},
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
SILENCED_SYSTEM_CHECKS: list[str] = []
