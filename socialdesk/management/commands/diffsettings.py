"""Django's diffsettings, without the values of secrets: what is pasted into an issue or a chat must not hold one."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.management.commands import diffsettings
from django.views.debug import get_default_exception_reporter_filter


class Command(diffsettings.Command):
    help = diffsettings.Command.help + " Values of secrets are starred."

    def handle(self, **options: Any) -> str:
        safe = get_default_exception_reporter_filter().get_safe_settings()
        hidden = {name: repr(value) for name, value in safe.items() if repr(value) != repr(getattr(settings, name))}

        def starred(line: re.Match[str]) -> str:
            return line["before"] + hidden.get(line["name"], line["value"])

        said = super().handle(**options)
        return re.sub(r"(?m)^(?P<before>[^A-Z]*(?P<name>[A-Z][A-Z0-9_]*) = )(?P<value>.*)$", starred, said)
