"""The web entry point; importing it imports no model provider."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vstep_site.settings")

application = get_wsgi_application()
