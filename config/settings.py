"""The one settings file; everything that differs between places comes from the environment (docs/operations.md)."""

import os
from datetime import timedelta
from urllib.parse import urlsplit

import django_stubs_ext
from django.utils.translation import gettext_lazy as _

from config import beat, content_policy, databases, environment
from config.environment import ROOT, START

# Before pypinyin is imported: its phrases take 45 MB, and only facilities.names loads them, when it spells.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "true")

# Before any model is imported: `ModelAdmin[Facility]` and the like must work at run time too.
django_stubs_ext.monkeypatch()

BASE_DIR = ROOT
DATA_DIR = environment.data_dir()

# Keys. FIELD_KEYS: "1:<base64 of 32 bytes>,2:…"; the last one encrypts, all decrypt.
SECRET_KEY = environment.text("SECRET_KEY", hint=START)
FIELD_KEYS = environment.text("FIELD_KEYS", hint=START)
BLIND_INDEX_KEY = environment.text("BLIND_INDEX_KEY", hint=START)

DEBUG = environment.flag("DEBUG", default=False)
PUBLIC_URL = environment.text(
    "PUBLIC_URL", f"http://127.0.0.1:{environment.number('PORT', 8000)}"
).rstrip("/")
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
if (_host := urlsplit(PUBLIC_URL).hostname) and _host not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(_host)

INSTALLED_APPS = [
    "config.apps.Administration",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config.apps.Composition",
    "accounts",
    "audit",
    "notifications",
    "facilities",
    "patients",
    "referral",
    "scenarios",
    "insights",
]

MIDDLEWARE = [
    "config.access_log.AccessLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.content_policy_header.ContentPolicyHeader",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "accounts.replica.Marks",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.language.PageLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "facilities.guard.Guard",
    "audit.refusals.Refusals",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
            ]
        },
    }
]
FORM_RENDERER = "config.form_renderer.FormRenderer"

# Two roles on one database: `default` runs the application, `owner` migrates; perhaps a replica (config/databases.py).
DATABASES = databases.entries()
DATABASE_ROUTERS = databases.ROUTERS
# How many seconds a replica may be behind and still be read.
REPLICA_LAG = environment.number("DATABASE_REPLICA_LAG", 30)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Tables the application role may only read and add to.
APPEND_ONLY_TABLES = [
    "referral_transition",
    "referral_reminder",
    "referral_examinationreport",
    "referral_downreview",
    "referral_hiddenfeedback",
    "audit_event",
    "notifications_attempt",
]

# Broker and tasks. Truth is in PostgreSQL; the broker holds nothing that may not be lost.
REDIS_URL = environment.text("REDIS_URL", hint=START)
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_timeout": 30,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = beat.SCHEDULE

# Notifications and audit: names they may not import, and their limits.
WIRING = "config.wiring"
WEBHOOK_ALLOW_PRIVATE = environment.flag("WEBHOOK_ALLOW_PRIVATE", default=False)
WEBHOOK_CA_BUNDLE = environment.text("WEBHOOK_CA_BUNDLE", "") or None
WEBHOOK_DEADLINE: float = environment.number("WEBHOOK_DEADLINE", 10)
OUTBOX_LEASE: float = environment.number("OUTBOX_LEASE", 20)
OUTBOX_THREADS = environment.number("OUTBOX_THREADS", 8)
# Days that a message which has arrived is kept (reliability D1), and one whose notice nobody has read.
OUTBOX_KEEP_DAYS = environment.number("OUTBOX_KEEP_DAYS", 90)
NOTICES_KEEP_DAYS = environment.number("NOTICES_KEEP_DAYS", 365)
# Years for which events of the trail are kept at least: those of records of an admission.
AUDIT_KEEP_YEARS = environment.number("AUDIT_KEEP_YEARS", 30)
AUDIT_HEADS_FILE = environment.text("AUDIT_HEADS_FILE", str(DATA_DIR / "audit-heads.jsonl"))
# Only fault tests let CRASH_AT kill the process.
CRASH_POINTS = environment.flag("CRASH_POINTS", default=False)

# Sign-in and the browser.
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.ThreeKinds"},
    {"NAME": "accounts.passwords.NotAgain"},
    {"NAME": "accounts.passwords.EndWhatItOpened"},
]
# How long a password serves; 0 for ever.
PASSWORD_DAYS = environment.number("PASSWORD_DAYS", 90)
_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
# Sub-domains and the browsers' preload list are the operator's decision, made at the proxy.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
BEHIND_PROXY = environment.flag("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
X_FRAME_OPTIONS = "DENY"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": content_policy.DIRECTIVES}
PERMISSIONS_POLICY = content_policy.FEATURES
LOGIN_URL = LOGOUT_REDIRECT_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "referral:today"
CSRF_FAILURE_VIEW = "facilities.entry_views.form_too_old"
# off: no second factor; asked: pages ask for one until the next sign-in; required: nothing opens before it.
# Whoever has set one up is asked for its code in both. With https it is a real installation.
SECOND_FACTOR = environment.one_of(
    "SECOND_FACTOR", ("off", "asked", "required"), "required" if _HTTPS else "asked"
)
# Signing in by the provider of an organisation (OpenID Connect); off without an issuer.
OIDC_ISSUER = environment.issuer("OIDC_ISSUER")
OIDC_CLIENT_ID = environment.text("OIDC_CLIENT_ID", "" if not OIDC_ISSUER else None)
OIDC_CLIENT_SECRET = environment.text("OIDC_CLIENT_SECRET", "" if not OIDC_ISSUER else None)
OIDC_NAME = environment.text("OIDC_NAME", "")
# The provider asks who it is each time, since the computers of a clinic are shared.
OIDC_REAUTHENTICATE = environment.flag("OIDC_REAUTHENTICATE", default=True)
# Sessions: in PostgreSQL with their person; idle ones lock, and each ends after half a day.
SESSION_ENGINE = "accounts.sessions"
# With https no other host of the domain can set this cookie.
SESSION_COOKIE_NAME = "__Host-sessionid" if _HTTPS else "sessionid"
SESSION_IDLE = timedelta(minutes=environment.number("IDLE_MINUTES", 15))
SESSION_LONGEST = timedelta(hours=12)
SESSION_COOKIE_AGE = int(SESSION_LONGEST.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# What a locked session opens, and besides one that lacks its second factor or a new password (facilities.guard).
OPEN_ADDRESSES = {
    "healthz",
    "readyz",
    "set_language",
    "appearance",
    "accounts:sign-in",
    "accounts:sign-in-code",
    "accounts:sign-out",
    "accounts:unlock",
    "referral:tracking",
    "referral:outside",
    "referral:outside-move",
    "referral:outside-enter",
}
# What pages ask by themselves, which keeps no session awake; others say it with the header X-Background.
BACKGROUND_ADDRESSES = {"referral:counters"}
BEFORE_SECOND_FACTOR = {"accounts:second-factor", "accounts:lock"}
BEFORE_NEW_PASSWORD = BEFORE_SECOND_FACTOR | {"accounts:password"}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
FILE_UPLOAD_HANDLERS = [
    "config.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Language and time.
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = _HTTPS
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# Static files, served by the web process.
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
# Of the front-end packages only the files that pages load: config/packages.py names them.
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.packages.PackageFinder",
]
STORAGES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Each file also lies there compressed: the used part of the design kit is 14 kB instead of 74.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
STATICFILES_DIRS = [folder for folder in (BASE_DIR / "static",) if folder.is_dir()]

# Attached documents: outside every folder that is served, under names of ours (referral/documents.py).
MEDIA_ROOT = DATA_DIR / "media"
STORAGES["documents"] = {"BACKEND": "referral.storage.DurableFiles"}
if _BUCKET := environment.text("DOCUMENTS_BUCKET", ""):
    STORAGES["documents"] = {
        "BACKEND": "referral.object_store.ObjectStore",
        "OPTIONS": {
            "bucket_name": _BUCKET,
            "endpoint_url": environment.text("DOCUMENTS_ENDPOINT", "") or None,
            "region_name": environment.text("DOCUMENTS_REGION", "") or None,
            "access_key": environment.text("DOCUMENTS_ACCESS_KEY"),
            "secret_key": environment.text("DOCUMENTS_SECRET_KEY"),
        },
    }

# E-mail: printed to the console unless EMAIL_URL names a server.
vars().update(environment.email(environment.text("EMAIL_URL", "consolemail://")))
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM", "referral@localhost")

# REST.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "facilities.sign_in.TokenAuthentication",
        "facilities.sign_in.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.rest_defaults.permissions.DenyByDefault"],
    "DEFAULT_RENDERER_CLASSES": ["accounts.rest_defaults.rendering.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.rest_defaults.parsing.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "accounts.rest.schema.DoorSchema",
    "EXCEPTION_HANDLER": "accounts.rest.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Two-way referral",
    "DESCRIPTION": "Patients go up from primary care to hospitals, and come back down.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # Names that are the same whatever the language of the labels.
    "ENUM_NAME_OVERRIDES": {
        "ConsentMethod": "patients.models.ConsentMethod",
        "ConsentPurpose": "patients.models.ConsentPurpose",
        "IdentifierKind": "patients.models.IdentifierKind",
        "Direction": "facilities.vocabulary.Direction",
        "Way": "referral.serializers.destinations.WAYS",
        "FacilityKind": "facilities.vocabulary.FacilityKind",
        "PoolKind": "facilities.vocabulary.PoolKind",
        "ChannelKind": "notifications.models.ChannelKind",
        "RemoteChannelKind": "notifications.serializers.REMOTE_CHOICES",
        "FollowUpMethod": "referral.codes.FollowUpMethod",
        "IndicatorAskedSide": "insights.serializers.ASKED_SIDES",
        "IndicatorSide": "insights.serializers.SIDES",
        "IndicatorKind": "insights.serializers.KINDS",
        "StatementStanding": "insights.models.statements.Standing",
        "ImportKind": "insights.models.volumes.FileKind",
        "NoValueReason": "insights.serializers.REASONS",
        "ExportKind": "insights.models.ExportKind",
        "ExportState": "insights.models.ExportState",
        "FunnelStep": "insights.exports_forms.STEPS",
        "MeasuredStage": "insights.exports_forms.STAGES",
        "ForecastState": "insights.forecast_api.STATES",
        "ForecastMethod": "insights.forecast_api.WAYS",
        "NotShownReason": "insights.forecast_api.HIDDEN",
        "WhatIfKind": "insights.whatif_api.TRIALS",
        "WhatIfPool": "insights.whatif_api.POOLS",
        "JobState": "insights.models.JobState",
        "CapitationDestination": "insights.capitation_api.WHERE_TO",
        "Stage": "referral.stages.Stage",
        "LimitedStage": "referral.serializers.clocks.STAGES",
        "AutomaticStage": "referral.serializers.clocks.AUTOMATIC",
        "AutomaticAction": "referral.stages.Action",
        "AutomaticSwitch": "referral.serializers.clocks.ACTIONS",
        "OrderState": "referral.models.OrderState",
        "Examination": "referral.serializers.orders.ITEMS",
        "DrugClass": "referral.codes_returns.DrugClass",
        "VisitSide": "referral.codes_returns.VisitSide",
        "SignCode": "referral.codes_returns.SignCode",
        "WarningAction": "referral.codes_returns.WarningAction",
        "StatusEnum": "referral.states.Status",
        "UrgencyEnum": "referral.serializers.referrals.URGENCIES",
        "OverrideReason": "referral.codes.OverrideReason",
        "StayReason": "referral.codes.StayReason",
        "RuleOutcome": "referral.codes.RuleOutcome",
        "RuleStatus": "referral.serializers.criteria.STATUSES",
        "RuleUrgency": "referral.serializers.criteria.RULE_URGENCIES",
        "MissingItem": "referral.codes.Item",
        "NeedLevel": "referral.codes.NeedLevel",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Logs: one JSON object a line on standard output, with named fields only.
LOG_LEVEL = environment.text("LOG_LEVEL", "INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JsonFormatter"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "stream": "ext://sys.stdout",
        }
    },
    "root": {"handlers": ["stdout"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # Refusals are in the access log; here only what went wrong, with its place.
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
