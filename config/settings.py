"""All settings, read from the environment. docker-compose.yml passes the same names."""

import ipaddress
import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from celery.schedules import crontab

from regions.office import connections

BASE_DIR = Path(__file__).resolve().parent.parent


def flag(name: str) -> bool:
    return os.environ.get(name, "") in {"1", "true", "yes"}


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


# Connections that are kept open from one request to the next, in a process that answers people.
# Nothing stays on one: roles and settings end with the transaction (regions/people/locks/doors.py).
POOL = int(os.environ.get("DATABASE_POOL") or "0")


def database(url: str) -> dict:
    """`postgresql://USER:PASSWORD@HOST:PORT/NAME`, or `…@/NAME?host=/socket/folder`."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [unquote(parts.hostname or "")])[0],
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        # Each is asked whether it still stands before a request gets it: the database may restart.
        "CONN_HEALTH_CHECKS": POOL > 0,
        "OPTIONS": connections.options(POOL),
    }


def broker(url: str) -> str:
    """Celery spells a unix socket its own way."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    return f"redis+socket://{parts.path}?virtual_host={parse_qs(parts.query).get('db', ['0'])[0]}"


DEBUG = flag("DEBUG")
SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-tests-and-tools" if DEBUG else "")
# Former ones, newest first: what they signed goes on holding.
SECRET_KEY_FALLBACKS = words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "localhost,127.0.0.1")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")
DEMO = flag("TSUMUGI_DEMO")

DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql:///tsumugi"))}
REDIS_URL = os.environ.get("REDIS_URL", "redis://localhost:6379/0")

# Seconds that a request may take before it is ended, with all that it did (regions/office/time_limit.py).
REQUEST_SECONDS = 30

# Counts of attempts that all processes share. Never anything of a town.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_counts",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

INSTALLED_APPS = [
    "regions",
    "stakeholders",
    "dialogues",
    "stories",
    "config.backup",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
]

MIDDLEWARE = [
    "regions.office.trace.TraceMiddleware",
    "regions.people.headers.HeadersMiddleware",
    "regions.office.time_limit.TimeLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "regions.accounts.middleware.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "regions.people.history.PageHistoryMiddleware",
    "regions.people.errors.ErrorPagesMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
            ],
            "builtins": ["regions.templatetags.office"],
        },
    }
]

AUTH_USER_MODEL = "regions.User"
AUTHENTICATION_BACKENDS = ["regions.accounts.backend.Backend"]
LOGIN_URL = "signin"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "signin"
PASSWORD_HASHERS = [
    "regions.accounts.hashing.LinedUpHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"regions.accounts.passwords.{validator}"}
    for validator in ("LengthValidator", "KnownValidator", "GuessableValidator")
]
# The checker, and whoever sees more than one town, sign in with a second factor. The demo leaves it
# out, and says so where one signs in.
SECOND_FACTOR = not DEMO
SESSION_ENGINE = "regions.accounts.sessions"
SESSION_COOKIE_AGE = 10 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
HTTPS = flag("SECURE_HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # scripts read the token from the page
CSRF_FAILURE_VIEW = "regions.people.errors.stale_form"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The certificate is the proxy's. That this name is never asked for over plain http is told for a
# year, for this name alone: the town's other names are the town's affair. The image's own health
# check comes over plain http.
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
# Addresses or networks of the proxies in front. They alone are believed when they tell for whom
# they ask (X-Forwarded-For) and how they were asked (X-Forwarded-Proto): config/proxies.py. Django
# and the libraries see neither header.
TRUSTED_PROXY_ADDRESSES = [ipaddress.ip_network(each) for each in words("TRUSTED_PROXY_ADDRESSES")]

ACCOUNT_ADAPTER = "regions.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login_id"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Tries are counted in regions/accounts/attempts.py: these can't count account and address together.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
MFA_ADAPTER = "regions.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", *(["webauthn"] if HTTPS else [])]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# How many steps of 30 seconds a code may be early or late: 0, or 1 where the server's clock is not
# set by the network.
MFA_TOTP_TOLERANCE = int(os.environ.get("TOTP_TOLERANCE") or "0")

LANGUAGE_CODE = "ja"
TIME_ZONE = "Asia/Tokyo"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
# The demo serves the files as they are now, changed under it or not.
WHITENOISE_AUTOREFRESH = DEBUG or DEMO

# A question's words may be long; sixty voices of 2,000 characters are still far below. Pages refuse
# more before they send it (static/js/app.js), asgi.py before it is read.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
# One field a voice, where voices are picked or moved.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
# What a file may have that is sent in. A town whose gateway lets less through says so here.
UPLOAD_MAX_BYTES = int(os.environ.get("UPLOAD_MAX_MB") or "5") * 1024 * 1024
# Recordings of interviews are the only files that may have more; where they lie, sealed.
AUDIO_MAX_BYTES = int(os.environ.get("AUDIO_MAX_MB") or "100") * 1_000_000
AUDIO_FOLDER = Path(os.environ.get("AUDIO_FOLDER", BASE_DIR / "var" / "audio"))
# What one person and one town may send in files in a day (twenty hours of interviews, and all of a
# support team's), and how much sound a town keeps at once. regions/people/uploads.py
UPLOAD_PERSON_BYTES_A_DAY = int(os.environ.get("UPLOAD_PERSON_MB_A_DAY") or "2000") * 1_000_000
UPLOAD_TOWN_BYTES_A_DAY = int(os.environ.get("UPLOAD_TOWN_MB_A_DAY") or "6000") * 1_000_000
AUDIO_TOWN_BYTES = int(os.environ.get("AUDIO_TOWN_MB") or "20000") * 1_000_000
# A file on its way that is larger than a form lies where no name leads to it.
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "regions.office.uploads.NamelessFileHandler",
]

CELERY_BROKER_URL = broker(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# However long the broker is away: the worker waits for it. The default ends it after 100 tries.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1800, "socket_connect_timeout": 2}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_TASK_IGNORE_RESULT = True
# A task that hangs is killed with its child, and what it was doing counts as left by a dead process.
# Below the visibility timeout, so that no message is redelivered while its task runs.
CELERY_TASK_TIME_LIMIT = 1500
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "send-lost-jobs-again": {
        "task": "regions.office.jobs.sweep",
        "schedule": 15.0,
        # While no worker takes them up, they do not pile up.
        "options": {"expires": 15.0},
    },
    "clear-away-after-signing-in": {
        "task": "regions.accounts.upkeep.clear_away",
        "schedule": crontab(hour=2, minute=40),
    },
    "copy-ledger-of-erasures": {
        "task": "dialogues.consent.jobs.copy_ledger",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "throw-away-what-was-confirmed": {
        "task": "dialogues.consent.jobs.dispose",
        "schedule": crontab(hour=3, minute=10),
    },
    "delete-due-recordings": {
        "task": "dialogues.recordings.upkeep.delete_due_recordings",
        "schedule": crontab(hour=2, minute=55),
    },
    "forget-files": {
        "task": "regions.exchange.jobs.forget_files",
        "schedule": crontab(hour=2, minute=45),
    },
    "forget-drafts": {
        "task": "regions.drafts.jobs.forget_drafts",
        "schedule": crontab(hour=2, minute=35),
    },
    "throw-away-unfinished-transcripts": {
        "task": "dialogues.transcripts.upkeep.throw_away_unfinished",
        "schedule": crontab(hour=2, minute=50),
    },
    "compare-texts-with-voices": {
        "task": "dialogues.consent.jobs.compare_copies",
        "schedule": crontab(hour=3, minute=30),
    },
    "digest-history": {
        "task": "regions.people.history.nightly.digest_history",
        "schedule": crontab(hour=2, minute=10),
    },
}
# The schedule lives here alone; the scheduler needs no file to remember it.
CELERY_BEAT_SCHEDULER = "config.beat:Scheduler"
# A file that the scheduler touches while it works, for who watches it.
SCHEDULER_HEARTBEAT = os.environ.get("SCHEDULER_HEARTBEAT", "")

PGHISTORY_APPEND_ONLY = True
PGHISTORY_CREATED_AT_FUNCTION = "CLOCK_TIMESTAMP()"
# Sheets with the fingerprints of every day; to be copied to another machine.
DIGEST_FOLDER = Path(os.environ.get("DIGEST_FOLDER", BASE_DIR / "var" / "digests"))
# Backups (config/backup): where they lie, the public keys that they are encrypted for, and for how
# long they are kept. What was erased lives on in them until then.
BACKUP_FOLDER = Path(os.environ.get("BACKUP_FOLDER", BASE_DIR / "var" / "backups"))
BACKUP_RECIPIENTS = words("BACKUP_RECIPIENTS")
BACKUP_KEEP_DAYS = int(os.environ.get("BACKUP_KEEP_DAYS") or "35")

FORM_RENDERER = "regions.office.forms.OfficeRenderer"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "regions.office.logs.JsonLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "regions": {"level": "INFO"},
        "config": {"level": "INFO"},
        "celery": {"level": "INFO"},
        # Django's own handlers would write mails to administrators, and to stderr once more.
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        # Every refused address is in our own line already.
        "django.request": {"level": "ERROR"},
        # What each document's fonts and style sheets lack.
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
    },
}
