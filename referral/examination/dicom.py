"""Parses a DICOM file whole, without decoding its pixels, and empties its preamble.

The 128 bytes before the mark are free for any use, so they may make a program of the file.
"""

import io
from typing import Final

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.uid import DeflatedExplicitVRLittleEndian

from referral.examination import BROKEN, Rejected, run

PREAMBLE: Final = 128
MAX_ELEMENTS: Final = 100_000
UNDEFINED: Final = 0xFFFFFFFF
# The item by which a value of undefined length ends (PS3.5, 7.5): (FFFE,E0DD) and no bytes.
DELIMITER: Final = b"\xfe\xff\xdd\xe0\0\0\0\0"


def clean(content: bytes) -> bytes:
    """Return the file with an empty preamble; raises what pydicom raises for one that does not parse.

    Raises Rejected for a file that was cut off, which pydicom forgives.
    """
    found = pydicom.dcmread(io.BytesIO(content))
    if "SOPClassUID" not in found or not found.file_meta.TransferSyntaxUID:
        raise Rejected(BROKEN)
    if found.file_meta.TransferSyntaxUID != DeflatedExplicitVRLittleEndian:
        _whole(found, content)
    for read, _element in enumerate(found.iterall()):
        if read > MAX_ELEMENTS:
            raise Rejected(BROKEN)
    return bytes(PREAMBLE) + content[PREAMBLE:]


def _whole(found: pydicom.Dataset, content: bytes) -> None:
    """Hold the end of the last value against the end of the file."""
    last: object = found.get_item(max(found.keys()))
    if not isinstance(last, RawDataElement):
        return
    if last.length == UNDEFINED:
        whole = DELIMITER in content[-2 * len(DELIMITER) :]
    else:
        end = last.value_tell + last.length
        whole = end <= len(content) and not content[end:].strip(b"\0")
    if not whole:
        raise Rejected(BROKEN)


if __name__ == "__main__":
    run(clean)
