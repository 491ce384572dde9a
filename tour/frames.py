"""What the pictures of the tour show, in the order of the day, with their words in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DESK: Final = (1366, 768)
PHONE: Final = (390, 844)


@dataclass(frozen=True, slots=True)
class Part:
    """Part of a day: one user."""

    title: dict[str, str]
    told: dict[str, str]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: its file's name and the sentence beneath it."""

    name: str
    part: str
    told: dict[str, str]


def _said(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


PARTS: Final = {
    "clinic": Part(
        _said("上午：社区医生上转", "Morning: the community clinic refers up"),
        _said(
            "诊所只有一台旧电脑，一张转诊单不超过两分钟。",
            "One shared old PC; a referral takes less than two minutes.",
        ),
    ),
    "hospital": Part(
        _said("中午：医院医生接收", "Noon: the hospital doctor accepts"),
        _said(
            "两位患者之间，两次点击。",
            "Two presses, between two patients.",
        ),
    ),
    "patient": Part(
        _said("患者：一个链接，无需账号", "The patient: one link, no account"),
        _said(
            "扫转诊单上的二维码即可；页面上没有诊断。",
            "The code on the slip opens it; no diagnosis stands there.",
        ),
    ),
    "return": Part(
        _said("下午：下转，闭环", "Afternoon: back down, and the loop is closed"),
        _said(
            "下转单由上转单和诊疗结果带出，社区看到随访计划。",
            "The return is filled in from the way up; the clinic sees what to follow.",
        ),
    ),
    "manager": Part(
        _said("管理者：每个数字都能点开", "The manager: every number opens"),
        _said(
            "数字后面就是那几张转诊单；规则改动之前先看后果。",
            "Behind a number are the very referrals; before a rule is changed its effect is shown.",
        ),
    ),
}


FRAMES: Final = (
    Frame(
        "clinic-find",
        "clinic",
        _said(
            "按姓名、拼音首字母、电话、证件号找到患者，姓名默认脱敏。",
            "The patient by name, pinyin, telephone or document; names are masked.",
        ),
    ),
    Frame(
        "clinic-diagnosis",
        "clinic",
        _said(
            "诊断按编码、中文名或拼音首字母选择（gxy → 高血压）。",
            "The diagnosis by code, Chinese name or initials of its pinyin.",
        ),
    ),
    Frame(
        "clinic-filing",
        "clinic",
        _said(
            "一页填完：边填边给出转诊指征、可去机构及理由、最早号源、还缺什么；随时自动保存。",
            "One page: criteria, ranked destinations with reasons and the earliest slot, and what is"
            " missing, while somebody types; it saves itself.",
        ),
    ),
    Frame(
        "clinic-sent",
        "clinic",
        _said("已发出：下一步是谁、什么时限，一目了然。", "Sent: who is next, and by when."),
    ),
    Frame(
        "hospital-inbox",
        "hospital",
        _said(
            "待办收件按紧急程度和时限排序，数字实时更新；一行可直接接收，也可展开查看。",
            "The inbox by urgency and time limit, with live numbers; a row is accepted at once or opened first.",
        ),
    ),
    Frame(
        "hospital-accept",
        "hospital",
        _said(
            "接收：最早的号源已选好，回车确认。",
            "Accepting: the earliest place is chosen, Enter confirms.",
        ),
    ),
    Frame(
        "patient-way",
        "patient",
        _said(
            "何时、去哪里、带什么、找谁、下一步是什么。",
            "When, where, what to bring, whom to call, and what comes next.",
        ),
    ),
    Frame(
        "hospital-arrivals",
        "return",
        _said(
            "到诊登记：扫码枪扫转诊单，或输入转诊单号、姓名。",
            "The arrival desk: scan the slip, or type its number or a name.",
        ),
    ),
    Frame(
        "hospital-return",
        "return",
        _said(
            "下转：计划已按上转内容预填，核对后确认。",
            "Returning: the form is filled in from the way up; check and confirm.",
        ),
    ),
    Frame(
        "clinic-today",
        "return",
        _said(
            "今日：需要诊所处理的都在这里，下转回来的患者也在其中。",
            "Today: all that needs the clinic, and nothing else; here a patient who came back.",
        ),
    ),
    Frame(
        "clinic-returned",
        "return",
        _said(
            "社区收到下转：诊断、用药、随访时间、何时需再次上转。",
            "The clinic receives the return: diagnosis, medicines, visits, warning signs.",
        ),
    ),
    Frame(
        "episode",
        "return",
        _said(
            "一次转诊的全程：上转与下转在同一条时间线上。",
            "The whole journey: both legs on one timeline.",
        ),
    ),
    Frame(
        "manager-alliance",
        "manager",
        _said(
            "医联体：成员机构、在途例数、超时例数、机构间流向。",
            "The alliance: its members, what is under way, what is late, and the flows between them.",
        ),
    ),
    Frame(
        "manager-behind",
        "manager",
        _said(
            "点开一个数字，就是它所计的转诊单（管理者看不到患者身份）。",
            "A number opened: the referrals that it counts. Who the patients are stays hidden.",
        ),
    ),
    Frame(
        "manager-limit",
        "manager",
        _said(
            "改时限之前，先看过去90天和在途转诊会受什么影响。",
            "Before a time limit is changed: what it would have made of the last 90 days, and of what is open.",
        ),
    ),
    Frame(
        "manager-criteria",
        "manager",
        _said(
            "转诊标准逐条列出处、版本和是否核对。",
            "The criteria, each with its source, edition, and whether it was verified.",
        ),
    ),
    Frame(
        "manager-settings",
        "manager",
        _said("机构名录与设置。", "The directory and what may be set."),
    ),
)
