"""How much a browser may send in files, counted while it arrives and before anybody looks at it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext


class Bounded(FileUploadHandler):
    """Ends a request whose files are too large together; stores nothing itself."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.left = settings.UPLOAD_MEGABYTES * 2**20

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.left -= len(raw_data)
        if self.left < 0:
            raise RequestDataTooBig(gettext("The files of this request are too large."))
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        return None
