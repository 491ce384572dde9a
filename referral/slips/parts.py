"""Says what stands on the official papers, field by field (domain.md §1.1); pure, and always in Chinese.

The forms are those of the state (《国家基本公共卫生服务规范(第三版)》), so their words are not translated.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from facilities.models import Department, Facility
from facilities.vocabulary import Direction
from patients.risks import Risks
from referral.models import Referral

BLANK: Final = "________"
# Characters of one text; the forms of ours take 4,000, what comes from elsewhere may be longer.
MAX_TEXT: Final = 8000
MAX_LINES: Final = 200
MAX_MARKS: Final = 4
CUT: Final = "……（以下略，全文见系统）"
# A run of letters or digits without a space would leave the page: it may break after 30 of them.
_RUN: Final = re.compile(r"([^\s\u2e80-\uffef]{30})(?=\S)")
# GB/T 2261.1.
GENDERS: Final = {"0": "未知", "1": "男", "2": "女", "9": "未说明"}
DIRECTIONS: Final = {
    Direction.UP.value: "转出（上转）",
    Direction.DOWN.value: "回转（下转）",
    Direction.LATERAL.value: "转出（平级转诊）",
}
# Bidirectional controls turn what is printed around, against what was written.
_TURNING: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
ADVICE: Final = (
    "请携带本单、有效身份证件、医保凭证及既往检查资料，按约定时间到接收单位就诊。",
    "途中或等候期间病情加重，请立即拨打120或就近就医。",
    "不能按时就诊，请尽早联系转诊医生或接收单位。",
)
SIGNATURES: Final = (
    "患者/家属签名",
    "与患者关系",
    "签署人电话",
    "签署日期",
    "告知医生签名",
    "告知日期",
)
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a paper says of the patient; empty where nothing is known."""

    name: str
    gender: str
    age: str
    record_no: str
    address: str
    phone: str
    identifier: str


def words(text: str | None) -> str:
    """Return a text as it is printed: without controls, never endless, able to break; a blank if empty."""
    kept = "".join(_printable((text or "").replace("\r\n", "\n").replace("\r", "\n"))).strip()
    short = "\n".join(kept[:MAX_TEXT].split("\n")[:MAX_LINES])
    return _RUN.sub("\\1\u200b", short) + (CUT if len(short) < len(kept) else "") or BLANK


def _printable(text: str) -> Iterator[str]:
    """Leave out controls, and of marks on one letter all but the first few: setting them takes a square of time."""
    marks = 0
    for char in text:
        kind = unicodedata.category(char)
        marks = marks + 1 if kind.startswith("M") or kind == "Cf" else 0
        if char == "\n" or (kind != "Cc" and char not in _TURNING and marks <= MAX_MARKS):
            yield char


def day(moment: datetime | None) -> str:
    """Return a day as the form writes it, with blanks where there is none."""
    if moment is None:
        return f"{BLANK} 年 ____ 月 ____ 日"
    return timezone.localtime(moment).strftime("%Y 年 %m 月 %d 日")


def minute(moment: datetime) -> str:
    """Return a day with its hour and minute."""
    return timezone.localtime(moment).strftime("%Y 年 %m 月 %d 日 %H:%M")


def slip(
    referral: Referral,
    bearer: Bearer,
    *,
    review: str = "",
    along: Sequence[Pair] = (),
    qr: str = "",
) -> dict[str, Any]:
    """Return parts A and B of an up or lateral leg, or C and D of a down leg.

    `review` is the opinion of whoever released it at the sender, `along` what the leg carries beside the
    words of the slip, which stands with the treatment, `qr` an SVG that leads to the page for the
    patient; each may be empty.
    """
    down = referral.direction == Direction.DOWN
    return {
        "number": referral.number,
        "qr": qr,
        "stub": _stub(referral, bearer, down=down),
        "sheet": (
            _sheet_down(referral, bearer, along)
            if down
            else _sheet_up(referral, bearer, review, along)
        ),
    }


def _stub(referral: Referral, bearer: Bearer, *, down: bool) -> dict[str, Any]:
    """Return part A (转出) or C (回转), which stays with the sender; C names no department."""
    number = ("病案号", words(referral.inpatient_no)) if down else ("档案编号", bearer.record_no)
    way = "转回" if down else "转入"
    to = [(f" 因病情需要，{way} ", _place(referral.to_facility)), (" 单位 ", "")]
    to += [] if down else [("", _department(referral.to_department)), (" 科室 ", "")]
    return {
        "heading": "存　根",
        "rows": [
            [
                ("患者姓名", bearer.name),
                ("性别", bearer.gender),
                ("年龄（岁）", bearer.age),
                number,
            ],
            [("家庭住址", bearer.address), ("联系电话", bearer.phone)],
        ],
        "sentence": [
            ("于 ", day(referral.submitted_at)),
            *to,
            ("", _person(referral, "received_by")),
            (" 接诊医生。", ""),
        ],
        "signature": [
            ("转诊医生（签字）", _signed(referral)),
            ("", day(referral.submitted_at)),
        ],
    }


def _sheet_up(
    referral: Referral, bearer: Bearer, review: str, along: Sequence[Pair]
) -> dict[str, Any]:
    """Return part B, which goes with the patient, in the order in which it is printed."""
    return {
        "heading": "双向转诊（转出）单",
        "to": _place(referral.to_facility),
        "sentence": [
            ("现有患者 ", bearer.name),
            (" 性别 ", bearer.gender),
            (" 年龄 ", bearer.age),
            (" 岁，因病情需要，需转入贵单位，请予以接诊。", ""),
        ],
        "parts": [
            ("初步印象", words(referral.diagnosis)),
            ("主要现病史（转出原因）", words(referral.reason)),
            ("主要既往史", words(referral.past_history)),
            ("过敏史", words(referral.allergies)),
            ("治疗经过", "\n".join([words(referral.treatment), *_lines(along)])),
            ("接收安排", _arrangement(referral)),
            ("审批意见", words(review)),
        ],
        "signature": _signature(referral),
        "advice": ADVICE,
    }


def _sheet_down(referral: Referral, bearer: Bearer, along: Sequence[Pair]) -> dict[str, Any]:
    """Return part D; treatment, plan and advice share one box."""
    box: tuple[Pair, ...] = (
        ("治疗经过", referral.treatment),
        ("下一步治疗方案", referral.plan),
        *along,
        ("康复建议", referral.rehabilitation),
    )
    return {
        "heading": "双向转诊（回转）单",
        "to": _place(referral.to_facility),
        "sentence": [
            ("现有患者 ", bearer.name),
            (" 因病情需要，现转回贵单位，请予以接诊。", ""),
        ],
        "parts": [
            ("诊断结果", words(referral.diagnosis)),
            ("住院病案号", words(referral.inpatient_no)),
            ("主要检查结果", words(referral.results)),
            ("主要既往史", words(referral.past_history)),
            ("过敏史", words(referral.allergies)),
            (
                "治疗经过、下一步治疗方案及康复建议",
                "\n".join(["", *_lines(box)]),
            ),
        ],
        "signature": _signature(referral),
        "advice": ADVICE,
    }


def _lines(box: Sequence[Pair]) -> list[str]:
    return [f"{label}：{words(text)}" for label, text in box]


def consent_form(
    referral: Referral, bearer: Bearer, *, direction: str, risks: Risks, at: datetime
) -> dict[str, Any]:
    """Return the informed consent to a referral; what is signed by hand stays blank.

    `direction` is the leg's, or before submission what the tiers of both ends make of it. The edition
    of the risks stands under them, so that whoever records the consent can name what was told.
    """
    wide, narrow = True, False
    fields = [
        ("转诊单编号", referral.number, narrow),
        ("生成时间", minute(at), narrow),
        ("患者姓名", bearer.name, narrow),
        ("性别 / 年龄", f"{bearer.gender} / {bearer.age} 岁", narrow),
        ("证件号", bearer.identifier, narrow),
        ("联系电话", bearer.phone, narrow),
        ("适用转诊方向", DIRECTIONS.get(direction, BLANK), narrow),
        ("转诊医生", _person(referral, "filed_by"), narrow),
        ("转出机构", _place(referral.from_facility), wide),
        ("转入机构", _place(referral.to_facility), wide),
        ("转诊原因", words(referral.reason or referral.plan), wide),
        ("告知时间", f"{BLANK} 年 ____ 月 ____ 日 ____ 时 ____ 分", wide),
    ]
    return {
        "number": referral.number,
        "fields": fields,
        "opening": "医生已就本次转诊的原因、去向和安排向患者（或其监护人、家属）作了说明，并告知以下风险：",
        "risks": risks.lines,
        "edition": f"告知内容版本：{risks.version}",
        "statement": "本人已了解上述内容，有机会提问并得到答复，现就是否转诊表明意见：",
        "signatures": SIGNATURES,
    }


def _signature(referral: Referral) -> list[Pair]:
    return [
        ("转诊医生（签字）", _signed(referral)),
        ("联系电话", words(referral.contact_phone)),
        ("", f"{_place(referral.from_facility)}（机构名称，加盖公章）"),
        ("", day(referral.submitted_at)),
    ]


def _signed(referral: Referral) -> str:
    """Return the printed name of whoever filed it, with room for the hand."""
    name = _person(referral, "filed_by")
    return BLANK if name == BLANK else f"{name} {BLANK}"


def _arrangement(referral: Referral) -> str:
    """Say what the receiver has arranged: its department, its doctor and the time, as far as they are fixed."""
    said: Sequence[Pair] = (
        ("接收科室", _department(referral.to_department)),
        ("接诊医生", _person(referral, "received_by")),
        ("就诊时间", minute(referral.visit) if referral.visit else BLANK),
    )
    return "　".join(f"{label}：{text}" for label, text in said)


def _place(facility: Facility | None) -> str:
    return words(facility.name if facility else None)


def _department(department: Department | None) -> str:
    return words(department.name if department else None)


def _person(referral: Referral, role: str) -> str:
    person = getattr(referral, role)
    return words(person.full_name if person else None)
