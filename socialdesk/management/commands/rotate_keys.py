"""`manage.py rotate_keys`: after a new key was put first in FIELD_ENCRYPTION_KEYS, before the old one goes."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from connectors.models import Credential
from connectors.secrets import reseal
from inbox.services import records


class Command(BaseCommand):
    help = "Encrypt every stored secret with the first of FIELD_ENCRYPTION_KEYS. Safe beside a working desk."

    def handle(self, *args: Any, **options: Any) -> None:
        changed, kept, broken = 0, 0, []
        for row in Credential.objects.order_by("pk"):
            try:
                fresh = reseal(bytes(row.sealed), binding=Credential.binding(row.connection_id, row.name))
            except ImproperlyConfigured:
                broken.append(str(row))
                continue
            if fresh is None:
                kept += 1
            else:
                # A worker may have renewed it meanwhile: then it stands under the first key already.
                changed += Credential.objects.filter(pk=row.pk, sealed=row.sealed).update(sealed=fresh)
        moved, stood, unreadable = records.reseal_all()
        changed, kept, broken = changed + moved, kept + stood, [*broken, *unreadable]
        self.stdout.write(f"{changed} secrets were encrypted anew, {kept} stood under the first key already.")
        if broken:
            raise CommandError(
                f"{len(broken)} open with none of the keys ({', '.join(broken[:5])}): add the key that is missing, or "
                "authorise these connections and load these records anew. Keep the old keys until then."
            )
