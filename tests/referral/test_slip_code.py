"""The code on the slip, read from the printed page as a telephone reads it: it opens the patient's page."""

import io
import json
from collections.abc import Mapping
from typing import Any, Final

import pytest
import typst
import zxingcpp
from django.conf import settings
from django.test import Client
from PIL import Image, ImageDraw, ImageFilter

from referral import slips
from referral.slips import printing
from referral.states import Status
from tests.factories import World
from tests.referral.test_slip import slip

# Dots to the inch: what a poor printer and a poor camera leave together.
PRINTED: Final = 150


@pytest.fixture
def printed(world: World, monkeypatch: pytest.MonkeyPatch) -> Image.Image:
    """The page of a real slip as a picture, set from what its PDF was set from."""
    data: list[Mapping[str, Any]] = []
    real = printing.pdf

    def pdf(paper: printing.Paper, said: Mapping[str, Any]) -> bytes:
        data.append(said)
        return real(paper, said)

    monkeypatch.setattr(slips, "pdf", pdf)
    assert slip(world.doctor, world.at(Status.ACCEPTED)).status == 200
    compiler = typst.Compiler(
        str(printing._HERE / "slip.typ"),
        root=str(printing._HERE),
        font_paths=printing._kept.fonts,
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data[0], ensure_ascii=False)},
    )
    made = compiler.compile(format="png", ppi=PRINTED)
    assert isinstance(made, bytes)
    return Image.open(io.BytesIO(made)).convert("L")


def read(page: Image.Image) -> str:
    """Return what the one code of a page says, empty where nobody can read it."""
    found = [each for each in zxingcpp.read_barcodes(page) if each.valid]
    assert len(found) <= 1
    return found[0].text if found else ""


def code_box(page: Image.Image) -> tuple[int, int, int, int]:
    """Return where the code stands on the page: left, upper, right, lower."""
    [found] = zxingcpp.read_barcodes(page)
    at = found.position
    corners = (at.top_left, at.top_right, at.bottom_left, at.bottom_right)
    xs, ys = [each.x for each in corners], [each.y for each in corners]
    return min(xs), min(ys), max(xs), max(ys)


def test_it_leads_to_the_page_of_this_referral(printed: Image.Image, client: Client) -> None:
    address = read(printed)
    assert address.startswith(f"{settings.PUBLIC_URL}/t/")
    answer = client.get(address.removeprefix(settings.PUBLIC_URL))
    assert answer.status_code == 200
    assert "仁济医院" in answer.content.decode()


@pytest.mark.parametrize("angle", [7, 90, 180])
def test_it_is_read_askew(printed: Image.Image, angle: int) -> None:
    turned = printed.rotate(angle, expand=True, fillcolor=255)
    assert read(turned) == read(printed)


def test_it_is_read_from_a_blurred_and_folded_page(printed: Image.Image) -> None:
    whole = read(printed)
    left, upper, right, lower = code_box(printed)
    soiled = printed.filter(ImageFilter.GaussianBlur(1))
    # A fold across the code: a white line through the middle of it, a twelfth of its width.
    middle, half = (left + right) // 2, (right - left) // 24
    ImageDraw.Draw(soiled).rectangle((middle - half, upper, middle + half, lower), fill=255)
    assert read(soiled) == whole


def test_a_code_that_is_mostly_gone_says_nothing(printed: Image.Image) -> None:
    left, upper, right, lower = code_box(printed)
    ImageDraw.Draw(printed).rectangle((left, upper, right, (upper + 2 * lower) // 3), fill=255)
    assert read(printed) == ""
