"""What Gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "market.api.settings")
# A request that takes longer is given up by the database; manage.py's commands may take their time.
os.environ.setdefault("PGOPTIONS", "-c statement_timeout=10s")
application = get_wsgi_application()
