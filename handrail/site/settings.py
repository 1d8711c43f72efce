"""Django's settings, from the environment (see :mod:`handrail.site.environment`)."""

from __future__ import annotations

from typing import Any

from handrail.site import environment

DEBUG = False
SECRET_KEY = environment.secret_key()
ALLOWED_HOSTS = environment.hosts()
ROOT_URLCONF = "handrail.site.urls"
WSGI_APPLICATION = "handrail.site.wsgi.application"
DATABASES: dict[str, dict[str, Any]] = {"default": environment.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

HANDRAIL_DATA = environment.data_folder()
HANDRAIL_CORS = environment.origins()
PRIVATE_JWKS = environment.private_jwks()
HANDRAIL_ADDRESS = environment.address()
HANDRAIL_NOTIFY_HOSTS = environment.notify_hosts()
HANDRAIL_RULES = environment.folder("HANDRAIL_RULES", environment.CODE / "rules")
HANDRAIL_EXPORT_HOURS = environment.export_hours()
HANDRAIL_IMPORT_HOSTS = environment.import_hosts()
HANDRAIL_SMS_URL = environment.sms_url()
HANDRAIL_SMS_TOKEN = environment.sms_token()

ROOMS = [
    "handrail.duties.registration",
    "handrail.duties.transitions",  # before caseload: a discharge's call is the first contact
    "handrail.duties.caseload",
    "handrail.duties.check_ins",
    "handrail.duties.intake",
    "handrail.duties.needs",
    "handrail.duties.plan_library",
    "handrail.duties.care_plans",
    "handrail.duties.care_team",
    "handrail.duties.referrals",
    "handrail.duties.incoming_referrals",
    "handrail.duties.community_resources",
    "handrail.duties.provider_network",
    "handrail.duties.consents",
]
ADAPTERS = [
    "handrail.edge.hl7v2",
    "handrail.edge.fhir_api",
    "handrail.edge.smart",
    "handrail.edge.operations",
    "handrail.edge.bulk_data",
    "handrail.edge.connect",
    "handrail.edge.subscriptions",
    "handrail.edge.ccda",
    "handrail.edge.mail",
    "handrail.edge.sms",
    "handrail.edge.fax",
    "handrail.edge.hsds",
    "handrail.edge.plan_net",
]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "axes",
    "handrail.access",
    "handrail.record",
    "handrail.jobs",
    "handrail.look",
    "handrail.desk",
    *ROOMS,
    *ADAPTERS,
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "handrail.site.static.StaticMiddleware",
    "handrail.site.headers.HeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "handrail.site.faults.FaultMiddleware",
    "handrail.access.middleware.PrincipalMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "handrail.look.jinja.Templates",
        "APP_DIRS": True,
        "DIRS": [environment.CODE / "handrail" / "site" / "templates"],
        "OPTIONS": {
            "environment": "handrail.look.jinja.environment",
            "context_processors": ["handrail.desk.shell.shell"],
        },
    }
]

# People and their sessions
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_NAME = "handrail"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds: a long day; idle sessions end sooner (access)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = environment.https()
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "handrail-form"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = environment.https()
CSRF_TRUSTED_ORIGINS = (
    [f"https://{host}" for host in environment.hosts() if host not in environment.LOOPBACK]
    if environment.https()
    else []
)
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# The wire
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if environment.https() else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if environment.https() else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000  # bytes of a form; bundles come by /fhir or the loader
STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "handrail.site.static.HashedStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Mail
_MAIL = environment.mail()
EMAIL_TIMEOUT = 10  # seconds
EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_SSL, EMAIL_USE_TLS = _MAIL.tls, _MAIL.starttls
DEFAULT_FROM_EMAIL = _MAIL.sender

# Language and time
LANGUAGE_CODE = environment.language()
LANGUAGES = [("en", "English")]  # a language is offered once its catalogue is reviewed
LOCALE_PATHS = [environment.CODE / "handrail" / "site" / "locale"]
LANGUAGE_COOKIE_NAME = "handrail-language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = environment.time_zone()

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "handrail.site.logs.PlainFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": environment.log_level()},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},  # a 404 is nobody's worry, and names an address
        "authlib": {"level": "WARNING"},  # its details hold tokens
        "axes": {"level": "ERROR"},  # its warnings name accounts
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
