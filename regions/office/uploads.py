"""Uploaded files on their way: a large one lies in a file without a name, which is gone with the
process that wrote it. A disk that is full becomes a file that is missing, and `disk_full` on the
request tells the form why."""

from __future__ import annotations

import tempfile
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from .sealed_files import FULL


def nameless() -> IO[bytes]:
    return tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)


class NamelessFileHandler(FileUploadHandler):
    """In the place of Django's own, whose files have names and outlive a killed process."""

    file: UploadedFile

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = UploadedFile(
            nameless(),
            self.file_name,
            self.content_type,
            0,
            self.charset,
            self.content_type_extra,
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            self.file.write(raw_data)
        except OSError as error:
            if error.errno not in FULL:
                raise
            self.file.close()
            self.request.disk_full = True  # type: ignore[union-attr]
            raise StopUpload(connection_reset=False) from error

    def file_complete(self, file_size: int) -> UploadedFile:
        self.file.seek(0)
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()
