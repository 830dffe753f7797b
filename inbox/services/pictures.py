"""Pictures of anybody: read by what they are, and written anew from nothing but their pixels.

What else stood in the file goes: where and when it was taken (EXIF, XMP), thumbnails, comments, text, colour
profiles. A picture that was turned by its camera is turned for good, and its colours are brought to sRGB.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext, gettext_lazy
from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

log = logging.getLogger(__name__)

READ = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")  # no other decoder is ever asked
MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}  # what we write
MOVING = ("GIF", "PNG", "WEBP", "AVIF")  # where several frames are an animation
CHOSEN = (*MIMES.values(), "image/avif")
KINDS = gettext_lazy("JPEG, PNG, WebP, GIF or AVIF")
PIXELS = 50_000_000  # of one picture: what the cameras of phones make
MOVING_PIXELS = 60_000_000  # of all frames together
FRAMES = 500
SIDE = 4096  # what networks show at most
SMALL = 480  # in the timeline
LARGEST = 10 * 2**20  # bytes
QUALITY = 88
# A large picture takes 200 MB while it is read: one at a time in a process.
_one_at_a_time = threading.Lock()
# Pillow's own guard, for what is only known while reading: frames of another size.
Image.MAX_IMAGE_PIXELS = PIXELS


class NotAPicture(Exception):
    """One sentence for a person why this cannot be taken."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that holds only pixels, and a small one of it."""

    mime: str
    width: int
    height: int
    data: bytes = field(repr=False)
    small_mime: str
    small: bytes = field(repr=False)


def clean(data: bytes, *, mimes: Collection[str] = frozenset(MIMES.values()), largest: int = LARGEST) -> Picture:
    """The picture in ``data``, written anew as one of ``mimes`` with at most ``largest`` bytes. Raises NotAPicture."""
    with _one_at_a_time:
        try:
            with Image.open(io.BytesIO(data), formats=READ) as image:
                return _clean(image, mimes, largest)
        except NotAPicture:
            raise
        except UnidentifiedImageError:
            raise NotAPicture(gettext("This is no picture; use %(kinds)s.") % {"kinds": KINDS}) from None
        except Image.DecompressionBombError:
            raise NotAPicture(_too_large()) from None
        except Exception as error:
            # Decoders meet broken files with every kind of exception; none says more than this.
            log.info("a picture could not be read: %s", type(error).__name__)
            raise NotAPicture(gettext("This picture is broken or incomplete.")) from error


def _too_large() -> str:
    return gettext("This picture has too many pixels; the most are %(pixels)s million.") % {"pixels": PIXELS // 1000000}


def _clean(image: Image.Image, mimes: Collection[str], largest: int) -> Picture:
    if image.width * image.height > PIXELS:
        raise NotAPicture(_too_large())
    frames = getattr(image, "n_frames", 1)
    kind = str(image.format)
    if kind in MOVING and frames > 1 and MIMES["GIF"] not in mimes:
        raise NotAPicture(gettext("This picture moves; only still ones can be sent here."))
    if kind == "GIF" and frames > 1:
        return _moving(image, frames, largest)
    image.seek(0)
    still = _still(image)
    kind = _kind(kind, still, mimes)
    small = still.copy()
    small.thumbnail((SMALL, SMALL))
    written = _encoded(still, kind)
    if len(written) > largest and kind == "PNG" and still.mode == "RGB" and MIMES["JPEG"] in mimes:
        kind = "JPEG"  # a photo that was saved as a drawing
    if len(written) > largest:
        written = _smaller(still, kind, largest)
    small_kind = "PNG" if still.mode == "RGBA" else "JPEG"
    return Picture(MIMES[kind], still.width, still.height, written, MIMES[small_kind], _encoded(small, small_kind))


def _kind(kind: str, still: Image.Image, mimes: Collection[str]) -> str:
    """As what it is written: as it came where that is possible, else as what keeps its transparency."""
    wanted = [kind, "PNG" if still.mode == "RGBA" else "JPEG", "JPEG", "PNG", "WEBP"]
    for one in wanted:
        if MIMES.get(one) in mimes:
            return one
    raise NotAPicture(gettext("No picture can be sent here."))


def _still(image: Image.Image) -> Image.Image:
    """Its pixels alone, turned as the camera was held, as RGB, or RGBA where it is transparent somewhere."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode.startswith("I;16"):  # 16 bits a pixel: the upper 8
        image = image.point(lambda value: value / 256, "L")
    if image.mode not in ("RGB", "RGBA", "CMYK"):
        image = image.convert(mode)
    image.thumbnail((SIDE, SIDE))  # before anything is copied: a large one takes room
    shown = ImageOps.exif_transpose(_in_srgb(image)).convert(mode)
    pixels = Image.new(mode, shown.size)
    pixels.paste(shown)
    return pixels


def _in_srgb(image: Image.Image) -> Image.Image:
    """As everybody's screen shows it; a profile that is none, or of another kind, changes nothing."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK"):
        return image
    try:
        theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        changed = ImageCms.profileToProfile(image, theirs, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image
    return changed if changed is not None else image


def _smaller(still: Image.Image, kind: str, largest: int) -> bytes:
    """With fewer and fewer pixels until the file is small enough; ``still`` itself is made smaller."""
    for _ in range(4):
        data = _encoded(still, kind)
        if len(data) <= largest:
            return data
        still.thumbnail((max(1, still.width * 2 // 3), max(1, still.height * 2 // 3)))
    raise NotAPicture(
        gettext("This picture cannot be brought below %(largest)s MB.") % {"largest": f"{largest / 1000000:.3g}"}
    )


def _encoded(still: Image.Image, kind: str) -> bytes:
    if kind == "JPEG" and still.mode == "RGBA":
        ground = Image.new("RGB", still.size, "white")
        ground.paste(still, mask=still.getchannel("A"))
        still = ground
    options: Mapping[str, object] = {"quality": QUALITY, "optimize": kind != "WEBP"} if kind != "PNG" else {}
    file = io.BytesIO()
    still.save(file, kind, **options)
    return file.getvalue()


def _moving(image: Image.Image, frames: int, largest: int) -> Picture:
    """An animation stays one, frame by frame, with their times and nothing else."""
    if frames > FRAMES or frames * image.width * image.height > MOVING_PIXELS:
        raise NotAPicture(gettext("This animation is too long or too large."))

    def pixels() -> Iterator[Image.Image]:
        for frame in ImageSequence.Iterator(image):
            fresh = Image.new("RGBA", frame.size)
            fresh.paste(frame.convert("RGBA"))
            fresh.info["duration"] = int(frame.info.get("duration", 100))
            yield fresh

    loop = image.info.get("loop")
    again = {"loop": int(loop)} if loop is not None else {}
    file = io.BytesIO()
    each = pixels()  # one at a time: all of them together would not fit
    still = next(each)
    still.save(file, "GIF", save_all=True, append_images=each, disposal=2, **again)
    data = file.getvalue()
    if len(data) > largest:
        raise NotAPicture(
            gettext("This animation has more than %(largest)s MB.") % {"largest": f"{largest / 1000000:.3g}"}
        )
    small = still.copy()
    small.thumbnail((SMALL, SMALL))
    return Picture(MIMES["GIF"], still.width, still.height, data, MIMES["PNG"], _encoded(small, "PNG"))
