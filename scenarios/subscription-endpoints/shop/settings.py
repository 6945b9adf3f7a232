"""As small as a Django project can be that serves two endpoints from tables that are there already."""

import os

from psycopg.conninfo import conninfo_to_dict

_address = conninfo_to_dict(os.environ["DATABASE_URL"])
# Both sides agree beforehand, else Django has a statement for each new connection to say so.
TIME_ZONE = "UTC"
_address.setdefault("options", "-c TimeZone=UTC")

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _address.pop("dbname", ""),
        "USER": _address.pop("user", ""),
        "PASSWORD": _address.pop("password", ""),
        "HOST": _address.pop("host", ""),
        "PORT": _address.pop("port", ""),
        "OPTIONS": _address,
        # Persistent connections: one for each worker, for as long as it lives.
        "CONN_MAX_AGE": None,
    }
}

INSTALLED_APPS = ["rest_framework", "shop"]
MIDDLEWARE = []
ROOT_URLCONF = "shop.urls"
ALLOWED_HOSTS = ["127.0.0.1"]
SECRET_KEY = "nothing is signed here"
USE_TZ = True

# Nobody signs in: what is measured is the serializers.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}
