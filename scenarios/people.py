"""Invents residents whose documents are well formed and belong to nobody."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from patients.identity import check_character
from patients.models import Gender

# No county has ever had the code 99, so no number made here was ever issued to a person.
NO_COUNTY: Final = "99"
OLDEST: Final = 92
YOUNGEST: Final = 18
DAYS_A_YEAR: Final = 365.25

SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑梁谢唐许冯宋韩邓彭曹曾田萧潘袁蔡蒋余于杜叶程魏苏吕丁任卢"
    "姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
)
# Given names and roads of two characters each, written without blanks.
GIVEN_MALE: Final = (
    "建国建华志强国强德明文彬永康海涛俊杰明辉家栋晓峰春林福生庆丰立新卫东根宝阿福正平浩然宇航子轩博文天佑"
    "世杰承志光耀学义长青"
)
GIVEN_FEMALE: Final = (
    "秀英桂兰玉珍淑华秀兰丽华美玲雪梅春燕小红惠芳月娥凤英彩霞金花佩芬阿妹文娟静怡雅琴欣怡梓涵雨桐思远若曦"
    "婉清慧敏素珍巧云玉兰"
)
ROADS: Final = "东风人民建设解放和平新华光明团结幸福胜利文化公园学府滨河育才向阳"


@dataclass(frozen=True, slots=True)
class Resident:
    """What a registration desk would write down of one invented person."""

    name: str
    gender: Gender
    birth_date: date
    resident_id: str
    phone: str
    address: str


def dice(*seed: object) -> random.Random:
    """Return a source of chance that gives the same throws for the same seed."""
    return random.Random(":".join(str(part) for part in seed))  # noqa: S311 - invents test data


def _pick(chance: random.Random, text: str, width: int) -> str:
    """Return one of the equally long words of which a text is made."""
    start = int(chance.random() * (len(text) // width)) * width
    return text[start : start + width]


def resident(chance: random.Random, *, province: str, today: date) -> Resident:
    """Invent an adult; older people are commoner, as among those who are referred.

    `province` is the first two digits of GB/T 2260.
    """
    male = chance.random() < 0.49
    name = _pick(chance, SURNAMES, 1) + _pick(chance, GIVEN_MALE if male else GIVEN_FEMALE, 2)
    age = YOUNGEST + (OLDEST - YOUNGEST) * chance.random() ** 0.6
    born = today - timedelta(days=int(age * DAYS_A_YEAR))
    order = int(chance.random() * 500) * 2 + (1 if male else 0)
    first_17 = f"{province}00{NO_COUNTY}{born:%Y%m%d}{order % 1000:03d}"
    road = _pick(chance, ROADS, 2)
    return Resident(
        name=name,
        gender=Gender.MALE if male else Gender.FEMALE,
        birth_date=born,
        resident_id=first_17 + check_character(first_17),
        phone=f"199{int(chance.random() * 10**8):08d}",
        address=f"{road}路{1 + int(chance.random() * 899)}号{1 + int(chance.random() * 60)}室",
    )
