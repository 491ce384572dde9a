"""Reads a JPEG or PNG whole and writes it anew: pixels, orientation and colours stay, everything else goes.

With the rest go the place where a photograph was taken, the thumbnail, and whatever was hung on behind.
"""

import io
from typing import Final

from PIL import Image

from referral.examination import TOO_LARGE, Rejected, run

# A telephone takes 12 million pixels, a scanned film 20; decoded they take four bytes each.
MAX_PIXELS: Final = 40_000_000
MAX_PROFILE: Final = 16 * 1024
ORIENTATION: Final = 0x0112


def clean(content: bytes) -> bytes:
    """Return the picture alone; raises Rejected for too many pixels, and what Pillow raises for a broken one."""
    Image.MAX_IMAGE_PIXELS = None  # counted here, and before anything is decoded
    with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise Rejected(TOO_LARGE)
        orientation = picture.getexif().get(ORIENTATION)
        picture.load()
        exif = Image.Exif()
        if orientation in range(2, 9):
            exif[ORIENTATION] = orientation
        profile = picture.info.get("icc_profile") or b""
        kept = {"exif": exif, "icc_profile": profile if len(profile) <= MAX_PROFILE else None}
        out = io.BytesIO()
        if picture.format == "PNG":
            picture.info.clear()
            picture.save(out, "PNG", compress_level=3, **kept)
        else:
            picture.info.pop("comment", None)
            # The same tables as before; a picture in several parts (MPO) gives its first, at high quality.
            quality = "keep" if picture.format == "JPEG" else 95
            picture.save(out, "JPEG", quality=quality, comment=b"", **kept)
    return out.getvalue()


if __name__ == "__main__":
    run(clean)
