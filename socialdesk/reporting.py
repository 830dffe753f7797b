"""What Django's own error pages may show of settings, were DEBUG ever on: no address with a password in it."""

from __future__ import annotations

import re

from django.views.debug import SafeExceptionReporterFilter


class AddressesHidden(SafeExceptionReporterFilter):
    """Django hides settings by their names, and a database's address holds its password under a harmless one."""

    hidden_settings = re.compile(
        f"{SafeExceptionReporterFilter.hidden_settings.pattern}|(DATABASE|DIRECT|REDIS|EMAIL)_URL", re.I
    )
