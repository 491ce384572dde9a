"""`manage.py equity` as a statistician uses it: files of Excel, bad files, both outputs."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

COLUMNS = ("--resource", "床位", "--population", "人口", "--area", "面积")
TABLE = "地区,城乡,床位,人口,面积,人均收入\n甲,城,40,30,10,4\n乙,城,20,20,10,3\n丙,乡,30,30,20,2\n丁,乡,10,20,60,1\n"

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to(text: str, encoding: str = "utf-8", name: str = "table.csv") -> str:
        (tmp_path / name).write_bytes(text.encode(encoding))
        return str(tmp_path / name)

    return to


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("equity", *arguments)
    return capsys.readouterr().out


def numbers(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(capsys, *arguments, "--json"))
    return answer


def test_everything_at_once(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    beside = write("地区,相邻\n甲,乙\n乙,丙\n丙,丁\n丙,乙\n", name="beside.csv")
    found = numbers(
        capsys,
        write(TABLE),
        *COLUMNS,
        "--group",
        "城乡",
        "--income",
        "人均收入",
        "--neighbours",
        beside,
    )
    assert found["n"] == 4
    assert found["totals"] == {"resource": 100, "population": 100, "area": 100, "per_1000": 1000}
    assert found["gini"] == pytest.approx(0.15)
    assert found["gini_by_area"] == pytest.approx(0.58)
    assert found["gini_by_area_band"]["code"] == "extreme-gap"
    assert found["gini_band"]["verified"] is False
    assert found["gini_band"]["source"].startswith("参照国际警戒线")
    natural, decadic = found["theil_l"]["natural"], found["theil_l"]["log10"]
    assert natural["total"] == pytest.approx(0.0523248144)
    assert decadic["total"] == pytest.approx(0.0227243776)
    assert natural["between"] + natural["within"] == pytest.approx(natural["total"])
    assert found["theil_l"]["between_share"] + found["theil_l"]["within_share"] == pytest.approx(1)
    assert found["theil_t"]["natural"]["total"] == pytest.approx(0.0457581109)
    # Ranked 丁 丙 乙 甲: 1 − (0.2×0.1 + 0.3×0.5 + 0.2×1.0 + 0.3×1.6).
    assert found["concentration_index"] == pytest.approx(0.15)
    # z = 1/3, 0, 0, −1/2 about the mean rate 23/24, in twenty-fourths 9, 1, 1, −11: 6 weights, 2 × (9 + 1 − 11) = −2.
    assert found["morans_i"]["binary"]["index"] == pytest.approx(4 / 6 * -2 / (81 + 1 + 1 + 121))
    assert found["morans_i"]["binary"]["expected"] == pytest.approx(-1 / 3)
    assert found["morans_i"]["research_aid"] is True
    assert [each["group"] for each in found["groups"]] == ["城", "乡"]
    assert found["groups"][0]["per_1000"] == pytest.approx(1200)
    last = found["regions"][3]
    assert (last["region"], last["per_1000"]) == ("丁", 500)
    assert (last["hrad"], last["pad"]) == (pytest.approx(1 / 6), pytest.approx(1 / 3))
    for name in ("gini", "gini_by_area"):
        assert sum(each["contributions"][name] for each in found["regions"]) == pytest.approx(
            found[name]
        )
    # 丙 borders on 乙 with 1,000 a thousand and on 丁 with 500.
    assert found["regions"][2]["neighbours_per_1000"] == pytest.approx(750)
    assert found["reasons"] == {}


def test_a_file_of_regions_with_groups_income_and_borders(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The invented regions of tests/insights/test_equity_exact.py, which works their indices out in fractions."""
    data = Path(__file__).parent / "data"
    found = numbers(
        capsys,
        str(data / "invented_regions.csv"),
        *("--resource", "床位", "--population", "常住人口", "--area", "面积"),
        *("--group", "区域", "--income", "人均收入"),
        *("--neighbours", str(data / "invented_borders.csv")),
    )
    assert found["n"] == 8
    assert found["totals"]["per_1000"] == pytest.approx(22_400 / 5_540)
    assert {each["group"]: each["n"] for each in found["groups"]} == {
        "东片": 3,
        "西片": 3,
        "中片": 2,
    }
    assert found["morans_i"]["binary"]["without_neighbours"] == []
    assert found["reasons"] == {}


def test_the_provinces_have_as_many_borders_as_on_the_map() -> None:
    borders = settings.BASE_DIR / "insights" / "data" / "borders_of_provinces.csv"
    pairs = [line.split(",") for line in borders.read_text(encoding="utf-8").splitlines()[1:]]
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    count = Counter(name for pair in pairs for name in pair)
    assert len(count) == 30  # all but 海南
    assert (count["内蒙古"], count["陕西"], count["河北"], count["四川"]) == (8, 8, 7, 7)
    assert (count["上海"], count["北京"], count["吉林"]) == (2, 2, 3)


def test_what_is_not_given_is_null_with_its_reason(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    found = numbers(capsys, write(TABLE.replace("10,20,60", "0,20,60")), *COLUMNS, "--lang", "en")
    assert (found["concentration_index"], found["morans_i"], found["groups"]) == (None, None, None)
    assert found["theil_l"]["natural"] == {"total": None, "between": None, "within": None}
    assert found["theil_l"]["log10"]["total"] is None
    assert {name: reason["code"] for name, reason in found["reasons"].items()} == {
        "theil_l": "resource-zero",
        "concentration_index": "no-income",
        "morans_i": "no-neighbours",
        "groups": "no-groups",
    }
    assert "logarithm of zero" in found["reasons"]["theil_l"]["text"]


@pytest.mark.parametrize("written", ["1_000", "12%", "30张", "1,2", "1e", "--1", "0x10"])
def test_what_only_looks_like_a_number(write: Write, written: str) -> None:
    text = TABLE.replace("甲,城,40,", f'甲,城,"{written}",')
    with pytest.raises(CommandError, match="not-a-number"):
        call_command("equity", write(text), *COLUMNS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_as_excel_writes_them(
    write: Write, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    text = TABLE.replace("\n", "\r\n").replace("甲,城,40,30", '甲,城," 40 ","30"') + ",,,,,\r\n"
    found = numbers(capsys, write(text, encoding), *COLUMNS)
    assert found["gini"] == pytest.approx(0.15)
    assert [each["region"] for each in found["regions"]] == ["甲", "乙", "丙", "丁"]


def test_thousands_may_be_parted_by_commas(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TABLE.replace("40,30,10,4", '"40,000.0","30,000",10,4').replace(
        ",20,20,", ",20000,20000,"
    )
    found = numbers(capsys, write(text), *COLUMNS)
    assert (found["regions"][0]["resource"], found["regions"][0]["population"]) == (40_000, 30_000)


def test_the_column_of_names_may_be_said_or_absent(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    said = numbers(
        capsys,
        write("年,县,床位,人口,面积\n2023,甲,1,2,3\n2023,乙,3,2,3\n"),
        *COLUMNS,
        "--region",
        "县",
    )
    assert [each["region"] for each in said["regions"]] == ["甲", "乙"]
    absent = numbers(capsys, write("床位,人口,面积\n1,2,3\n3,2,3\n"), *COLUMNS)
    assert [each["region"] for each in absent["regions"]] == ["2", "3"]


@pytest.mark.parametrize(
    ("text", "says", "code"),
    [
        ("", "The file is empty", "table-empty"),
        ("\n\n", "The file is empty", "table-empty"),
        ("地区,床位,人口,面积\n", "no rows", "table-without-rows"),
        ("地区,床位,人口\n甲,1,2\n", "面积; the file has: 地区, 床位, 人口", "column-missing"),
        ("地区,床位,人口,面积,床位\n甲,1,2,3,4\n", "Two columns are named 床位", "column-twice"),
        (
            "地区,床位,人口,面积\n甲,1,2,3\n乙,many,2,3\n",
            "Row 3, column 床位: “many”",
            "not-a-number",
        ),
        ("地区,床位,人口,面积\n甲,1,2,3\n乙,1,,3\n", "Row 3, column 人口: “”", "not-a-number"),
        ("地区,床位,人口,面积\n甲,1,2,3\n乙,1\n", "Row 3, column 人口", "not-a-number"),
        ("地区,床位,人口,面积\n甲,nan,2,3\n乙,1,2,3\n", "“nan” is not a number", "not-a-number"),
        (
            "地区,床位,人口,面积\n甲,-1,2,3\n乙,1,2,3\n",
            "Resource of 甲 is negative",
            "number-negative",
        ),
        (
            "地区,床位,人口,面积\n甲,1,2,3\n甲,1,2,3\n",
            "甲 stands in the table twice",
            "region-twice",
        ),
        ("地区,床位,人口,面积\n甲,1,0,3\n乙,1,2,3\n", "甲 has some", "resource-without-population"),
        (
            "地区,床位,人口,面积\n甲,0,1,3\n乙,0,2,3\n",
            "Resource is zero everywhere",
            "nothing-to-share",
        ),
        ("地区,床位,人口,面积\n甲,1,1,3\n", "at least two regions", "too-few-regions"),
        (
            "地区,床位,人口,面积\n甲,1,1,3\n乙,1,1,3\n全国,2,2,6\n",
            "全国 looks like",
            "total-among-regions",
        ),
        ('地区,床位,人口,面积\n"甲,1,2,3\n', "no CSV", "not-a-csv"),
    ],
)
def test_a_bad_file_gives_one_sentence(write: Write, text: str, says: str, code: str) -> None:
    with pytest.raises(CommandError) as error:
        call_command("equity", write(text), *COLUMNS, "--lang", "en", "--json")
    assert says in str(error.value)
    assert str(error.value).endswith(f"[{code}]")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("raw", "code"),
    [(TABLE.encode("utf-16"), "table-encoding"), (b"\xff\xff\x00\x81", "table-undecodable")],
)
def test_a_file_of_another_encoding(tmp_path: Path, raw: bytes, code: str) -> None:
    (tmp_path / "table.csv").write_bytes(raw)
    with pytest.raises(CommandError, match=code):
        call_command("equity", str(tmp_path / "table.csv"), *COLUMNS)


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ("a,b\n甲,戊\n", "neighbour-unknown"),
        ("a,b\n甲,甲\n", "neighbour-itself"),
        ("a,b\n甲,\n", "neighbour-missing"),
    ],
)
def test_a_bad_table_of_neighbours(write: Write, pairs: str, code: str) -> None:
    beside = write(pairs, name="beside.csv")
    with pytest.raises(CommandError, match=code):
        call_command("equity", write(TABLE), *COLUMNS, "--neighbours", beside)


def test_a_file_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(CommandError, match=str(path)):
            call_command("equity", str(path), *COLUMNS)


def test_the_table_for_people_is_in_their_language(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(TABLE)
    chinese = run(capsys, file, *COLUMNS, "--group", "城乡")
    assert "基尼系数" in chinese
    assert "待核对" in chinese
    english = run(capsys, file, *COLUMNS, "--group", "城乡", "--lang", "en")
    assert "Gini coefficient by population" in english
    assert "0.150000" in english
    assert all(len(line) < 160 for line in english.splitlines())
