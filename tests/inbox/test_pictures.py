"""What becomes of a picture: only its pixels leave, and what is no picture is refused in a sentence."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageCms, ImageDraw, ImageSequence, PngImagePlugin

from inbox.services import pictures
from inbox.services.pictures import NotAPicture, clean

CANARY = "Hemmelig Street 7"
STILL = frozenset({"image/jpeg", "image/png", "image/webp"})


def drawn(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new(mode, (width, height), "red")
    ImageDraw.Draw(image).rectangle((width // 2, 0, width, height), fill="blue")
    return image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def located(orientation: int = 1) -> Image.Exif:
    """As a phone writes it: where, when, by whom."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = CANARY
    exif[ExifTags.Base.ImageDescription] = CANARY
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef] = "N"
    gps[ExifTags.GPS.GPSLatitude] = (59.0, 54.0, 48.0)
    gps[ExifTags.GPS.GPSLongitudeRef] = "E"
    gps[ExifTags.GPS.GPSLongitude] = (10.0, 44.0, 20.0)
    return exif


def inside(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_where_a_photo_was_taken_is_gone() -> None:
    xmp = f"<x:xmpmeta><rdf:Description place='{CANARY}'/></x:xmpmeta>".encode()
    photo = saved(drawn(), "JPEG", exif=located(), comment=CANARY.encode(), xmp=xmp)
    before = inside(photo)
    assert before.getexif().get_ifd(ExifTags.IFD.GPSInfo)  # the test's own photo does say where
    assert photo.count(CANARY.encode()) >= 3
    for one in (clean(photo).data, clean(photo).small):
        after = inside(one)
        assert dict(after.getexif()) == {}
        assert not after.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert CANARY.encode() not in one
        assert b"Exif" not in one
        assert not {"exif", "xmp", "comment", "icc_profile", "photoshop"} & set(after.info)


@pytest.mark.parametrize(("orientation", "left"), [(1, "red"), (3, "blue"), (6, "top"), (8, "bottom")])
def test_a_photo_stays_turned_as_the_camera_was_held(orientation: int, left: str) -> None:
    shown = inside(clean(saved(drawn(), "PNG", exif=located(orientation))).data)
    width, height = shown.size
    red = {"red": (5, 5), "blue": (width - 5, 5), "top": (5, 5), "bottom": (5, height - 5)}[left]
    assert shown.size == ((60, 40) if left in ("red", "blue") else (40, 60))
    assert shown.getpixel(red) == (255, 0, 0)


def test_the_text_of_a_png_is_gone() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", CANARY)
    text.add_text("Packed", CANARY, zip=True)
    text.add_itxt("XML:com.adobe.xmp", CANARY)
    made = saved(drawn(), "PNG", pnginfo=text, exif=located(), dpi=(72, 72))
    assert CANARY.encode() in made
    data = clean(made).data
    assert {name for name, _ in chunks(data)} <= {b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS"}


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        size = struct.unpack(">I", data[at : at + 4])[0]
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += size + 12
    return found


def test_a_webp_and_an_avif_lose_theirs_too() -> None:
    for kind in ("WEBP", "AVIF"):
        data = clean(saved(drawn(), kind, exif=located(), xmp=CANARY.encode())).data
        assert CANARY.encode() not in data
        assert not inside(data).getexif()


def test_an_animation_stays_one_without_its_comment() -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue", "green")]
    made = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=0,
                 comment=CANARY.encode())  # fmt: skip
    assert CANARY.encode() in made
    found = clean(made)
    after = inside(found.data)
    assert (found.mime, getattr(after, "n_frames", 1)) == ("image/gif", 3)
    assert [frame.info["duration"] for frame in ImageSequence.Iterator(after)] == [100, 200, 300]
    assert after.info["loop"] == 0
    assert CANARY.encode() not in found.data
    assert [frame.convert("RGB").getpixel((3, 3)) for frame in ImageSequence.Iterator(after)] == [
        (255, 0, 0), (0, 0, 255), (0, 128, 0)
    ]  # fmt: skip
    with pytest.raises(NotAPicture, match="moves"):
        clean(made, mimes=STILL)


def test_a_colour_profile_is_applied_and_gone() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = inside(clean(saved(drawn(), "PNG", icc_profile=profile)).data)
    assert "icc_profile" not in found.info
    assert found.getpixel((5, 5)) == (255, 0, 0)
    broken = clean(saved(drawn(), "PNG", icc_profile=b"no profile at all" * 20))
    assert inside(broken.data).getpixel((5, 5)) == (255, 0, 0)


def test_transparency_stays_and_goes_white_where_it_cannot() -> None:
    clear = saved(Image.new("RGBA", (20, 20), (255, 0, 0, 0)), "PNG")
    assert inside(clean(clear).data).getpixel((3, 3))[3] == 0  # type: ignore[index]
    red, green, blue = inside(clean(clear, mimes={"image/jpeg"}).data).getpixel((3, 3))  # type: ignore[misc]
    assert min(red, green, blue) > 250


def test_a_palette_grey_tones_sixteen_bits_and_print_colours_are_read() -> None:
    made = [
        saved(drawn().convert("P"), "PNG"), saved(drawn().convert("L"), "JPEG"), saved(drawn().convert("1"), "PNG"),
        saved(drawn().convert("LA"), "PNG"), saved(drawn().convert("CMYK"), "JPEG"), saved(drawn(), "GIF"),
    ]  # fmt: skip
    for one in made:
        assert clean(one).width == 60
    grey = Image.new("I;16", (10, 10), 128 * 256)
    assert inside(clean(saved(grey, "PNG")).data).convert("L").getpixel((3, 3)) == pytest.approx(128, abs=1)


def test_what_comes_as_a_kind_that_the_network_does_not_take_leaves_as_another() -> None:
    assert clean(saved(drawn(), "AVIF"), mimes=STILL).mime == "image/jpeg"
    assert clean(saved(drawn(), "WEBP"), mimes={"image/jpeg", "image/png"}).mime == "image/jpeg"
    assert clean(saved(drawn(mode="RGBA"), "WEBP"), mimes={"image/jpeg", "image/png"}).mime in STILL
    with pytest.raises(NotAPicture):
        clean(saved(drawn(), "PNG"), mimes=frozenset())


def test_a_large_picture_is_made_small_enough() -> None:
    noise = Image.effect_noise((1500, 1500), 80).convert("RGB")
    found = clean(saved(noise, "PNG"), mimes={"image/png"}, largest=2_000_000)
    assert len(found.data) <= 2_000_000
    assert found.width < 1500
    assert max(inside(found.small).size) <= pictures.SMALL
    assert clean(saved(noise, "PNG"), mimes=STILL, largest=2_000_000).mime == "image/jpeg"
    with pytest.raises(NotAPicture, match="cannot be brought below"):
        clean(saved(noise, "PNG"), mimes={"image/png"}, largest=1_000)


def png_of(width: int, height: int) -> bytes:
    """A small file that claims to be a very large picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    line = zlib.compress(bytes(min(width // 8 + 2, 10_000)) * min(height, 2000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", line) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (8_000, 8_000), (2**31 - 1, 2**31 - 1), (1, 2**30)])
def test_a_bomb_is_refused_by_its_head(width: int, height: int) -> None:
    with pytest.raises(NotAPicture, match="too many pixels"):
        clean(png_of(width, height))


def test_a_bomb_of_text_or_of_frames_is_refused() -> None:
    frames = [Image.new("P", (800, 800), number % 250) for number in range(120)]
    film = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=20)
    with pytest.raises(NotAPicture, match="animation"):
        clean(film)
    text = PngImagePlugin.PngInfo()
    text.add_text("bomb", "A" * 80_000_000, zip=True)
    bomb = saved(drawn(), "PNG", pnginfo=text)
    assert len(bomb) < 200_000
    with pytest.raises(NotAPicture):
        clean(bomb)


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0", b"GIF89a", SVG, b"<html><script>alert(1)</script>", b"%PDF-1.7\n", b"MZ\x90\0", b"PK\x03\x04",
        b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", b"\xff\xd8\xff\xe0<script>", b"RIFF\x10\0\0\0WEBPVP8 ",
        b"%!PS-Adobe-3.0 EPSF-3.0\n(x) run", b"\0\0\0\x20ftypmp42", b"II*\0\x08\0\0\0", b"BM" + bytes(60),
        b"\x00\x00\x01\x00" + bytes(40),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_whatever_it_is_called(data: bytes) -> None:
    with pytest.raises(NotAPicture) as caught:
        clean(data)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_truncated_picture_is_refused(kind: str) -> None:
    whole = saved(Image.effect_noise((200, 200), 60).convert("RGB"), kind)
    for share in (0.2, 0.5, 0.9):
        with pytest.raises(NotAPicture):
            clean(whole[: int(len(whole) * share)])


def test_a_picture_that_is_also_a_page_is_only_a_picture_afterwards() -> None:
    """HTML behind the end of a picture, and inside of its comments, is not written again."""
    page = b"<html><script>alert(document.cookie)</script></html>"
    for made in (saved(drawn(), "JPEG", comment=page) + page, saved(drawn(), "PNG") + page):
        found = clean(made)
        assert b"<script" not in found.data + found.small


def test_a_format_of_pillow_that_is_not_ours_is_not_even_tried() -> None:
    for kind in ("TIFF", "BMP", "ICO", "PPM", "EPS", "PDF"):
        with pytest.raises(NotAPicture, match="no picture"):
            clean(saved(drawn(), kind))
