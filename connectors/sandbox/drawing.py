"""A picture for a customer to send: drawn here, so that no file of anybody's is needed."""

from __future__ import annotations

import io
from base64 import b64encode

from PIL import Image, ImageDraw

ALT = "A parcel with a torn corner"


def parcel() -> dict[str, str]:
    """A parcel with a torn corner, with its alternative text, as the control API takes a picture."""
    image = Image.new("RGB", (960, 640), "#d9dee2")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 470, 960, 640), fill="#a9b0b5")
    draw.polygon([(200, 220), (560, 150), (800, 230), (430, 320)], fill="#d3a36b")
    draw.polygon([(200, 220), (430, 320), (430, 560), (200, 440)], fill="#b98850")
    draw.polygon([(430, 320), (800, 230), (800, 450), (430, 560)], fill="#c6965d")
    draw.polygon([(365, 188), (395, 182), (630, 272), (600, 279)], fill="#ecdcb9")
    draw.polygon([(800, 230), (735, 246), (752, 292), (718, 318), (770, 352), (800, 330)], fill="#4b3a2a")
    draw.line([(735, 246), (752, 292), (718, 318), (770, 352)], fill="#8d6a40", width=7)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return {"data": b64encode(file.getvalue()).decode(), "alt": ALT}
