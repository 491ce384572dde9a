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
GIVEN_MALE: Final = (
    "建国 建华 志强 国强 德明 文彬 永康 海涛 俊杰 明辉 家栋 晓峰 春林 福生 庆丰 立新 卫东 根宝 阿福 正平 "
    "浩然 宇航 子轩 博文 天佑 世杰 承志 光耀 学义 长青"
).split()
GIVEN_FEMALE: Final = (
    "秀英 桂兰 玉珍 淑华 秀兰 丽华 美玲 雪梅 春燕 小红 惠芳 月娥 凤英 彩霞 金花 佩芬 阿妹 文娟 静怡 雅琴 "
    "欣怡 梓涵 雨桐 思远 若曦 婉清 慧敏 素珍 巧云 玉兰"
).split()
ROADS: Final = "东风 人民 建设 解放 和平 新华 光明 团结 幸福 胜利 文化 公园 学府 滨河 育才 向阳".split()


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


def resident(chance: random.Random, *, province: str, today: date) -> Resident:
    """Invent an adult; older people are commoner, as among those who are referred.

    `province` is the first two digits of GB/T 2260.
    """
    male = chance.random() < 0.49
    names = GIVEN_MALE if male else GIVEN_FEMALE
    name = SURNAMES[int(chance.random() * len(SURNAMES))] + names[int(chance.random() * len(names))]
    age = YOUNGEST + (OLDEST - YOUNGEST) * chance.random() ** 0.6
    born = today - timedelta(days=int(age * DAYS_A_YEAR))
    order = int(chance.random() * 500) * 2 + (1 if male else 0)
    first_17 = f"{province}00{NO_COUNTY}{born:%Y%m%d}{order % 1000:03d}"
    road = ROADS[int(chance.random() * len(ROADS))]
    return Resident(
        name=name,
        gender=Gender.MALE if male else Gender.FEMALE,
        birth_date=born,
        resident_id=first_17 + check_character(first_17),
        phone=f"199{int(chance.random() * 10**8):08d}",
        address=f"{road}路{1 + int(chance.random() * 899)}号{1 + int(chance.random() * 60)}室",
    )
