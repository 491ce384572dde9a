"""Makes small files for tests of documents, good ones and bad ones; nothing here comes from a patient."""

import io
from typing import Any

import pikepdf
import pydicom
from PIL import Image
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian


def pdf(change: Any = None, **options: Any) -> bytes:
    """Return a PDF of one page, after `change` has been done to the document."""
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(595, 842))
        if change is not None:
            change(document)
        out = io.BytesIO()
        document.save(out, deterministic_id="encryption" not in options, **options)
    return out.getvalue()


def picture(kind: str = "JPEG", size: tuple[int, int] = (32, 24), **options: Any) -> bytes:
    """Return a picture with a slope of grey in it."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, kind, **options)
    return out.getvalue()


def dicom(**elements: Any) -> bytes:
    """Return a DICOM file with four by four pixels."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = UID("1.2.826.0.1.3680043.8.498.1.2.3")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = pydicom.Dataset()
    data.file_meta = meta
    data.SOPClassUID = meta.MediaStorageSOPClassUID
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.PatientName = "Test^Nobody"
    data.Rows = data.Columns = 4
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit = 7
    data.SamplesPerPixel = 1
    data.PixelRepresentation = 0
    data.PhotometricInterpretation = "MONOCHROME2"
    data.PixelData = bytes(16)
    for name, value in elements.items():
        setattr(data, name, value)
    out = io.BytesIO()
    pydicom.dcmwrite(out, data, enforce_file_format=True)
    return out.getvalue()
