"""Django's settings, from the options."""

from market.api import static_settings
from market.api.options import options
from market.core import logs

_options = options()

INSTALLED_APPS = static_settings.INSTALLED_APPS
STATIC_URL = static_settings.STATIC_URL
STATIC_ROOT = static_settings.STATIC_ROOT
STORAGES = static_settings.STORAGES
DEFAULT_AUTO_FIELD = static_settings.DEFAULT_AUTO_FIELD
USE_TZ = static_settings.USE_TZ
TIME_ZONE = static_settings.TIME_ZONE
LANGUAGE_CODE = static_settings.LANGUAGE_CODE

DEBUG = False
SECRET_KEY = _options.secret_key
ALLOWED_HOSTS = list(_options.allowed_hosts)
ROOT_URLCONF = "market.api.urls"
WSGI_APPLICATION = "market.wsgi.application"
# The API's own addresses end with a slash; a redirect would turn a mistaken POST into a GET.
APPEND_SLASH = True

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "market.api.middleware.SlowRequests",
    "market.api.middleware.Probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "market.api.middleware.Cors",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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

DATABASES = {
    "default": {
        "ENGINE": "django_prometheus.db.backends.postgresql",
        "HOST": _options.database.host,
        "PORT": _options.database.port,
        "NAME": _options.database.name,
        "USER": _options.database.user,
        "PASSWORD": _options.database.password,
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": "market-api",
            "connect_timeout": 3,
            # A server that vanished is noticed: milliseconds for data that is not acknowledged, seconds for silence.
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
        },
    }
}

CACHES = {
    "default": {
        "BACKEND": "market.api.cache_backend.MeasuredRedisCache",
        "LOCATION": f"redis://{_options.redis.host}:{_options.redis.port}/0",
        "KEY_PREFIX": "market",
        "OPTIONS": {
            "serializer": "market.api.cache_backend.JsonSerializer",
            "username": _options.redis.user,
            "password": _options.redis.password,
            # Seconds. A cache that makes wait is worse than none.
            "socket_connect_timeout": 0.5,
            "socket_timeout": 0.5,
            "health_check_interval": 30,
        },
    }
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# -- what a browser is told
CSRF_TRUSTED_ORIGINS = list(_options.csrf_trusted_origins)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _options.https
SECURE_SSL_REDIRECT = _options.https
SECURE_HSTS_SECONDS = 365 * 86_400 if _options.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _options.https else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if _options.https else None
X_FRAME_OPTIONS = "DENY"
# Nothing is uploaded here.
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144

LOGGING = logs.dictionary(_options.log_level)
# Asking the database when Django is loaded would keep it from starting without one; the health check does it.
PROMETHEUS_EXPORT_MIGRATIONS = False
PROMETHEUS_LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, float("inf"))
