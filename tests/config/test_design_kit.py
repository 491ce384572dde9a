"""What is served of the design kit: every rule that a page can use, and little else."""

import os
import re
from pathlib import Path

import pytest
from django.conf import settings

from config import design_kit
from config.packages import DESIGN_KIT, FILES, PackageFinder

WHOLE = Path(settings.BASE_DIR) / "node_modules" / FILES[DESIGN_KIT]


def test_cut_up_and_put_together_the_whole_kit_is_the_same() -> None:
    css = re.sub(r"/\*.*?\*/", "", WHOLE.read_text(encoding="utf-8"), flags=re.S).strip()
    bare = re.sub(r"(?<=;)\s+(?=:root)", "", css)
    # Said by a truth alone: pytest would look for hours for where two texts of 600 kB differ.
    is_same = design_kit.written(design_kit.blocks(css)) == bare
    assert is_same


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".btn{a:b}.other{a:b}", ".btn{a:b}"),
        (".other,.btn:hover,.btn .other{a:b}", ".btn:hover{a:b}"),
        ("body,.other{a:b}", "body{a:b}"),
        ("@media (x){.other{a:b}.btn{a:b}}@media (x){.other{a:b}}", "@media (x){.btn{a:b}}"),
        ('@keyframes other{0%{a:b}}@charset "x";', '@keyframes other{0%{a:b}}@charset "x";'),
        (".btn:not(.other,.another){a:b}", ".btn:not(.other,.another){a:b}"),
        (
            ".btn:is(.other,:hover)>[class^=.other]{a:b}",
            ".btn:is(.other,:hover)>[class^=.other]{a:b}",
        ),
        ("""a{b:url("x;{},.other");c:'};'}""", """a{b:url("x;{},.other");c:'};'}"""),
        (".btn-red{a:b}.btn-blue{a:b}", ".btn-red{a:b}"),
        (r".w-1\/2{a:b}.btn{a:b}", ".btn{a:b}"),
        ("/* .btn, { */.btn{a:b}/*! Licence */", ".btn{a:b}/*! Licence */"),
    ],
)
def test_rules_stay_whose_classes_a_page_may_have(css: str, left: str) -> None:
    words = ['<a class="btn btn-{{ style }}">', 'Verb(style="red")']
    assert design_kit.used(css, words) == left


def test_properties_stay_that_something_reads() -> None:
    css = (
        ":root{--tblr-read:1px;--tblr-ours:(2;3);--tblr-one:var(--tblr-two);--tblr-two:4}"
        'a{--tblr-gone:"x;}";b:var(--tblr-read);--tblr-last:5}'
    )
    left = design_kit.used(css, [".x{a:var(--tblr-ours)}"])
    assert left == ":root{--tblr-read:1px;--tblr-ours:(2;3);}a{b:var(--tblr-read);}"


def test_it_is_made_anew_when_one_of_our_files_changes(tmp_path: Path) -> None:
    page, whole = tmp_path / "templates" / "page.html", tmp_path / "kit.css"
    page.parent.mkdir()
    page.write_text('<p class="one">')
    whole.write_text(".one{a:b}.two{a:b}")
    for file in (page, whole):
        os.utime(file, (1, 1))
    place = tmp_path / "made" / "kit.css"
    assert design_kit.made(whole, tmp_path, place).read_text() == ".one{a:b}"
    place.write_text("kept")
    assert design_kit.made(whole, tmp_path, place).read_text() == "kept"
    page.write_text('<p class="two">')
    os.utime(place, (2, 2))
    assert design_kit.made(whole, tmp_path, place).read_text() == ".two{a:b}"
    assert list(place.parent.iterdir()) == [place]


def test_what_is_served_is_a_small_part_with_its_licence() -> None:
    served = Path(PackageFinder().find(DESIGN_KIT)).read_text(encoding="utf-8")
    assert len(served) < len(WHOLE.read_text(encoding="utf-8")) / 5
    assert "Licensed under MIT" in served
    assert ".btn-primary" in served
    assert ".form-control:focus" in served
