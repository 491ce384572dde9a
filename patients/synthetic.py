"""Invents people for tests, demonstrations and measurements: synthetic data, nobody is meant.

The same seed and number always give the same person. A resident ID has a true check character, the
true province and prefecture of its region, and the county number 99, which GB/T 2260 gives to no county;
a mobile number begins with 154, which is assigned to no operator. So neither belongs to anybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any, Final

from patients.identity import check_character, needs_guardian
from patients.models import Gender, IdentifierKind
from patients.particulars import NewPatient

UNASSIGNED_COUNTY: Final = "99"
UNASSIGNED_MOBILE: Final = "154"
YOUNGEST: Final = date(2024, 1, 1)
ADULT_SINCE: Final = 2006
DAYS: Final = 32_850  # ninety years
SERIALS: Final = 500  # of the thousand serial numbers of a day, half are for each sex
# Primes that share no factor with what they are taken modulo: consecutive numbers give scattered,
# never repeated results.
_STEP: Final = 1_000_003
_PHONE_STEP: Final = 7_654_321

SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔"
    "向汤单仇解查翟盖朴牟"
)
COMPOUND: Final = ("欧阳", "上官", "司马", "诸葛", "尉迟", "令狐", "皇甫", "慕容")
GIVEN_MALE: Final = "伟强磊军勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆旭宁龙林建国志文海永德福"
GIVEN_FEMALE: Final = "芳娜敏静丽艳娟霞秀英玲桂兰萍红梅琳雪慧婷颖洁莹倩雯璐佳怡欣悦淑珍凤琴月乐"
TOWNS: Final = (
    "安平镇",
    "河东街道",
    "新桥镇",
    "石桥街道",
    "清溪镇",
    "南塘街道",
    "柳林镇",
    "东湖街道",
)
ROADS: Final = ("和平路", "建设路", "人民路", "文化路", "新华路", "振兴路", "团结路", "育才路")


@dataclass(frozen=True, slots=True)
class InventedPerson:
    """Somebody who does not exist."""

    number: int
    name: str
    gender: str
    birth_date: date
    resident_id: str
    phone: str
    address: str
    region_code: str

    def is_child(self, today: date) -> bool:
        """Say whether a guardian must consent."""
        return needs_guardian(self.birth_date, today)

    def said(self, *, with_region: bool = False) -> NewPatient:
        """Return the person as `actions.register` takes it; with the region only where it is loaded."""
        return NewPatient(
            name=self.name,
            birth_date=self.birth_date,
            gender=self.gender,
            identifiers=((IdentifierKind.RESIDENT_ID, self.resident_id),),
            phone=self.phone,
            address=self.address,
            region_code=self.region_code if with_region else None,
            guardian_name="监护人",
        )

    def body(self, *, today: date, **changes: Any) -> dict[str, Any]:
        """Return the body of POST /patients/ with consent to registration and referral."""
        consent: dict[str, Any] = {
            "given": True,
            "method": "paper",
            "given_by": "self",
            "purposes": ["registration", "referral"],
        }
        if self.is_child(today):
            consent |= {"given_by": "guardian", "guardian_name": f"{self.name[0]}家长"}
        return {
            "name": self.name,
            "gender": self.gender,
            "birth_date": self.birth_date.isoformat(),
            "identifiers": [{"kind": "resident_id", "value": self.resident_id}],
            "phone": self.phone,
            "address": self.address,
            "consent": consent,
            **changes,
        }


def resident_id(region_code: str, birth_date: date, serial: int) -> str:
    """Return a well-formed resident ID of nobody; an odd `serial` (0 to 999) is a man's."""
    first = f"{region_code[:4]}{UNASSIGNED_COUNTY}{birth_date:%Y%m%d}{serial:03}"
    return first + check_character(first)


def person(number: int, *, seed: int = 1, region_code: str = "310115") -> InventedPerson:
    """Return the invented person with this number, 0 to 16 million; numbers never share an ID."""
    chance = Random(f"{seed}:{number}")  # noqa: S311 - nothing secret is drawn
    slot = (number * _STEP + seed * 7919) % (DAYS * SERIALS)
    day, serial = divmod(slot, SERIALS)
    male = chance.random() < 0.5
    born = YOUNGEST - timedelta(days=day)
    surname = chance.choice(COMPOUND) if chance.random() < 0.02 else chance.choice(SURNAMES)
    given = GIVEN_MALE if male else GIVEN_FEMALE
    name = surname + "".join(chance.choices(given, k=1 if chance.random() < 0.25 else 2))
    house = f"{chance.randint(1, 999)}号{chance.randint(1, 30)}室"
    return InventedPerson(
        number=number,
        name=name,
        gender=Gender.MALE.value if male else Gender.FEMALE.value,
        birth_date=born,
        resident_id=resident_id(region_code, born, serial * 2 + male),
        phone=f"{UNASSIGNED_MOBILE}{(number * _PHONE_STEP + seed * 104_729) % 10**8:08}",
        address=f"{chance.choice(TOWNS)}{chance.choice(ROADS)}{house}",
        region_code=region_code,
    )


def people(
    *, seed: int = 1, start: int = 0, region_code: str = "310115"
) -> Iterator[InventedPerson]:
    """Yield invented people without end."""
    for number in count(start):
        yield person(number, seed=seed, region_code=region_code)


def adults(
    *, seed: int = 1, start: int = 0, region_code: str = "310115"
) -> Iterator[InventedPerson]:
    """Yield invented people who consent for themselves."""
    crowd = people(seed=seed, start=start, region_code=region_code)
    return (someone for someone in crowd if someone.birth_date.year <= ADULT_SINCE)
