from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialdesk.settings")
application = get_wsgi_application()

from socialdesk.checks import refuse_unsafe_start  # noqa: E402  (needs Django to be set up)

refuse_unsafe_start()
