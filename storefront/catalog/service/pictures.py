"""Pictures: refused before decoding when too large, always encoded anew, named by the hash of what came."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Response, current_app, send_file
from flask_babel import gettext as _

from storefront.catalog.errors import BadPicture
from storefront.catalog.service import tables as t
from storefront.catalog.service.surroundings import settings
from storefront.core.database import Tx
from storefront.core.errors import NotFound

if TYPE_CHECKING:
    from PIL.Image import Image as Decoded

WIDTHS = (320, 640, 1280)
MAX_BYTES = 10_000_000
MAX_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
QUALITY = 82
_NAME = re.compile(r"([0-9a-f]{64})-(320|640|1280)\.webp\Z")
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Prepared:
    """A picture ready to be stored: WebP bytes by width, named by the hash of what came in."""

    digest: str
    width: int
    height: int
    files: tuple[tuple[int, bytes], ...]
    cutout: bool
    source: str = ""


def prepare_picture(data: bytes, source: str = "") -> Prepared:
    """Decode, turn upright, drop every note (EXIF, GPS), and encode in up to three widths. No database.

    Raises BadPicture, for size before anything is decoded.
    """
    from PIL import Image, UnidentifiedImageError  # the server that only shows pictures never needs it

    if len(data) > MAX_BYTES:
        raise BadPicture(_("The picture is larger than 10 MB."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = _open(data)
            files = tuple((width, _encode(image, width)) for width in _widths(image.width))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(_("The picture has too many pixels.")) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, MemoryError):
        raise BadPicture(_("This file is not a picture that can be read.")) from None
    digest = hashlib.sha256(data).hexdigest()
    return Prepared(digest, image.width, image.height, files, _has_holes(image), source)


def _open(data: bytes) -> Decoded:
    from PIL import Image, ImageOps

    opened = Image.open(io.BytesIO(data), formats=FORMATS)
    if opened.width * opened.height > MAX_PIXELS:
        raise BadPicture(_("The picture has too many pixels."))
    if opened.format == "JPEG":
        opened.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))  # decodes large photographs smaller at once
    upright = ImageOps.exif_transpose(opened)
    clear = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    return upright.convert("RGBA" if clear else "RGB")


def _widths(width: int) -> list[int]:
    """The stored widths: up to the first that holds the whole picture. Nothing is made larger."""
    needed = [size for size in WIDTHS if size < width]
    return [*needed, *WIDTHS[len(needed) : len(needed) + 1]]


def _encode(image: Decoded, width: int) -> bytes:
    sized = _sized(image, width) if image.width > width else image
    out = io.BytesIO()
    sized.save(out, "WEBP", quality=QUALITY, method=2, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()


def _sized(image: Decoded, width: int) -> Decoded:
    """The picture made smaller. A whole factor is an average of squares: as good, and four times as quick."""
    from PIL.Image import Resampling

    factor, rest = divmod(image.width, width)
    if not rest and not image.height % factor:
        return image.reduce(factor)
    height = max(1, round(image.height * width / image.width))
    return image.resize((width, height), Resampling.LANCZOS, reducing_gap=3.0)


def _has_holes(image: Decoded) -> bool:
    """Whether its corners are clear: a thing cut out, that stands on the shelf without a frame."""
    if image.mode != "RGBA":
        return False
    right, below = image.width - 1, image.height - 1
    corners = [image.getpixel(at) for at in ((0, 0), (right, 0), (0, below), (right, below))]
    return sum(corner[3] < 16 for corner in corners) >= 3  # type: ignore[index]


# --- storing ----------------------------------------------------------------------------------------------


def media_folder() -> Path:
    return settings().folder / "media"


def file_of(digest: str, width: int) -> Path:
    """Where a stored picture lies."""
    return media_folder() / digest[:2] / f"{digest}-{width}.webp"


def write_files(prepared: Prepared) -> None:
    """Put the files of a picture in place, each at once and whole. Outside a transaction; safe to repeat."""
    for width, data in prepared.files:
        target = file_of(prepared.digest, width)
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_name(f"{secrets.token_hex(8)}.tmp")
        scratch.write_bytes(data)
        os.replace(scratch, target)


def store_picture(tx: Tx, prepared: Prepared) -> int:
    """Remember a prepared picture whose files are written; returns its id. The same content is one row."""
    values: dict[str, Any] = {
        "width": prepared.width,
        "height": prepared.height,
        "widths": ",".join(str(width) for width, _data in prepared.files),
        "cutout": prepared.cutout,
    }
    known = sa.select(t.picture.c.id, t.picture.c.widths).where(t.picture.c.hash == prepared.digest)
    row = tx.execute(known).first()
    if row is None:
        insert = sa.insert(t.picture).values(hash=prepared.digest, source=prepared.source[:1000], **values)
        return int(tx.execute(insert.returning(t.picture.c.id)).scalar_one())
    if not row.widths:
        tx.execute(sa.update(t.picture).where(t.picture.c.id == row.id).values(**values))
    return int(row.id)


# --- serving ----------------------------------------------------------------------------------------------


def send_picture(name: str) -> Response:
    """A stored picture by its file name. Raises NotFound for every other name."""
    parts = _NAME.match(name)
    path = file_of(parts[1], int(parts[2])) if parts else None
    if path is None or not path.is_file():
        raise NotFound()
    response = send_file(path, mimetype="image/webp", conditional=True, etag=path.stem, max_age=None)
    response.headers["Cache-Control"] = FOR_EVER
    return current_app.make_response(response)
