"""Pictures from outside: refused before decoding when too large, encoded anew, served under their hash only."""

from __future__ import annotations

import io
import struct
import time
import zlib

import pytest
import sqlalchemy as sa
from PIL import Image

from storefront.catalog import models, service
from storefront.catalog.errors import BadPicture
from storefront.core.database import transaction


def encoded(image: Image.Image, kind: str = "PNG", **more) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def opened(prepared, width: int) -> Image.Image:
    return Image.open(io.BytesIO(dict(prepared.files)[width]))


@pytest.mark.parametrize(
    ("width", "widths"),
    [(100, [320]), (320, [320]), (321, [320, 640]), (1000, [320, 640, 1280]), (3000, [320, 640, 1280])],
)
def test_a_picture_is_kept_in_widths_that_it_fills(app_context, width, widths):
    prepared = service.prepare_picture(encoded(Image.new("RGB", (width, 50), "red")))
    assert [size for size, _data in prepared.files] == widths
    for size in widths:
        assert opened(prepared, size).width == min(size, width)
        assert opened(prepared, size).format == "WEBP"


def test_what_was_clear_stays_clear(app_context):
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    image.paste((200, 0, 0, 255), (100, 100, 300, 300))
    prepared = service.prepare_picture(encoded(image))
    assert prepared.cutout and opened(prepared, 320).convert("RGBA").getpixel((0, 0))[3] == 0
    assert not service.prepare_picture(encoded(Image.new("RGBA", (400, 400), "red"))).cutout


def test_a_photograph_is_turned_upright_and_says_nothing_of_where_it_was_taken(app_context):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif.get_ifd(0x8825)[1] = "N"
    data = encoded(Image.new("RGB", (800, 400), "blue"), "JPEG", exif=exif, comment=b"secret")
    prepared = service.prepare_picture(data)
    assert (prepared.width, prepared.height) == (400, 800)
    for _width, stored in prepared.files:
        assert b"Exif" not in stored and b"secret" not in stored
        assert not Image.open(io.BytesIO(stored)).getexif()


def huge_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "data",
    [
        b"", b"not a picture", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"GIF89a" + b"\0" * 50,
        huge_header(50_000, 50_000), huge_header(9_000, 9_000), b"%PDF-1.4", b"BM" + b"\0" * 60,
        b"\0" * 10_000_001,
    ],
    ids=range(9),
)  # fmt: skip
def test_what_is_no_picture_is_refused_quickly(app_context, data):
    begin = time.perf_counter()
    with pytest.raises(BadPicture):
        service.prepare_picture(data)
    assert time.perf_counter() - begin < 1.0


def test_a_cut_file_is_refused(app_context):
    whole = encoded(Image.effect_noise((600, 600), 50).convert("RGB"), "JPEG")
    with pytest.raises(BadPicture):
        service.prepare_picture(whole[: len(whole) // 2])


def test_the_same_picture_is_stored_once_and_served_for_ever(app_context, client, rows):
    prepared = service.prepare_picture(encoded(Image.new("RGB", (700, 70), "red")), "here.png")
    service.write_files(prepared)
    service.write_files(prepared)
    with transaction() as t:
        assert service.store_picture(t, prepared) == service.store_picture(t, prepared)
    (row,) = rows(sa.select(models.Picture.__table__))
    assert (row.width, row.height, row.widths, row.source) == (700, 70, "320,640,1280", "here.png")
    answer = client.get(f"/media/{prepared.digest}-640.webp")
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert "immutable" in answer.headers["Cache-Control"] and "public" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Set-Cookie" not in answer.headers
    again = client.get(
        f"/media/{prepared.digest}-640.webp", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
    for name in (
        f"{prepared.digest}-641.webp",
        f"{prepared.digest}-640.png",
        f"{prepared.digest.upper()}-640.webp",
    ):
        assert client.get(f"/media/{name}").status_code == 404
