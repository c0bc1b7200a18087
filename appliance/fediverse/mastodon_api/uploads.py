# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uploads: files in a request go piece by piece to the disk and never into memory whole. Few at a time, as each keeps
a thread for as long as the sender's line is slow."""

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, cast

import flask

from appliance.errors import BadInput, HearthError, Unavailable
from appliance.fediverse.context import context
from appliance.fediverse.media.limits import BODY_BYTES, FILM_BYTES, IMAGE_BYTES, MEGABYTE
from appliance.fediverse.media.store import Upload
from appliance.fediverse.media.workshop import unfit
from appliance.fediverse.model import MediaKind
from appliance.system import patience

AT_ONCE = 2  # of a process
RESERVE = 200 * MEGABYTE  # on the disk, so that posts can still be written
SECONDS = 300.0
_SLOTS = "hearth.uploads"


class UploadRequest(flask.Request):
    """Once `receiving` is set, files are written where they are worked on next."""

    def __init__(self, environ: dict[str, object], populate_request: bool = True, shallow: bool = False) -> None:
        super().__init__(environ, populate_request, shallow)
        self.receiving = False
        self.received: list[tuple[BinaryIO, str]] = []

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if not self.receiving:
            return super()._get_file_stream(total_content_length, content_type, filename, content_length)
        name, file = context().store.receive()
        self.received.append((file, name))
        return file


@contextmanager
def received() -> Iterator[None]:
    """Take files in with this request. Those that nobody claims (`claim`) are gone afterwards. Raises Unavailable."""
    begin(BODY_BYTES)
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise HearthError("disk-full", "The server's disk is full.", "Tell its owner.", status=507) from error
        raise
    finally:
        end()


def begin(limit: int) -> None:
    """From now on this request may hold files, `limit` bytes in all. Call `end` whatever comes. Raises HearthError."""
    request = cast(UploadRequest, flask.request)
    if not _slots().acquire(blocking=False):
        raise Unavailable("uploads-busy", "Others are uploading just now.")
    if context().store.free_bytes() < RESERVE:
        _slots().release()
        raise HearthError("disk-full", "The server has no room left.", "Tell its owner.", status=507)
    request.receiving = True
    request.max_content_length = limit
    patience.wait(request.environ, SECONDS)


def end() -> None:
    """Nothing happens if nothing was begun."""
    request = cast(UploadRequest, flask.request)
    if not request.receiving:
        return
    request.receiving = False
    for file, name in request.received:
        file.close()
        context().store.forget(name)
    _slots().release()


def _slots() -> threading.BoundedSemaphore:
    made: threading.BoundedSemaphore = flask.current_app.extensions.setdefault(
        _SLOTS, threading.BoundedSemaphore(AT_ONCE)
    )
    return made


def look_at(field: str, *, picture: bool = False) -> Upload | None:
    """What was sent under this name, or None if nothing was. Raises BadInput for what is not taken or too large.

    With `picture` nothing else will do.
    """
    request = cast(UploadRequest, flask.request)
    sent = request.files.get(field)
    if sent is None:
        return None
    name = next((name for file, name in request.received if file is sent.stream), None)
    if name is None:
        return None
    sent.stream.flush()
    upload = context().store.upload(name)
    if upload is None or (picture and upload.file_type.kind is not MediaKind.IMAGE):
        raise unfit()
    limit = IMAGE_BYTES if upload.file_type.kind is MediaKind.IMAGE else FILM_BYTES
    if upload.bytes > limit:
        raise BadInput(f"Validation failed: File size must be less than {limit // MEGABYTE} MB", "")
    return upload


def claim(*uploads: Upload | None) -> None:
    """These are to stay when the request is over: a row names them. Call it when that is committed."""
    request = cast(UploadRequest, flask.request)
    names = {upload.name for upload in uploads if upload is not None}
    for file, name in request.received:
        if name in names:
            file.close()
    request.received = [(file, name) for file, name in request.received if name not in names]
