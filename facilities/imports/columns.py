"""Lists the columns of each sheet: the names it goes by, whether it is needed, how a cell is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from accounts.permissions import Role
from facilities.imports import values
from facilities.imports.values import Parser
from facilities.models.capacity import MOST_PLACES
from facilities.vocabulary import (
    CapabilityCode,
    DoctorGrade,
    FacilityKind,
    Grade,
    Level,
    Ownership,
    PoolKind,
    Session,
    Tier,
)


class Kind(StrEnum):
    """What the rows of a sheet are, in the order in which sheets are written."""

    FACILITIES = "facilities"
    DEPARTMENTS = "departments"
    STAFF = "staff"
    POOLS = "pools"
    VOLUMES = "volumes"
    SECONDMENTS = "secondments"


# Those of the directory, which one workbook may hold together.
DIRECTORY: Final = (Kind.FACILITIES, Kind.DEPARTMENTS, Kind.STAFF)


SHEET_NAMES: Final[dict[str, Kind]] = {
    "facilities": Kind.FACILITIES,
    "机构": Kind.FACILITIES,
    "医疗机构": Kind.FACILITIES,
    "departments": Kind.DEPARTMENTS,
    "科室": Kind.DEPARTMENTS,
    "staff": Kind.STAFF,
    "人员": Kind.STAFF,
    "医务人员": Kind.STAFF,
    "pools": Kind.POOLS,
    "号源": Kind.POOLS,
    "号源池": Kind.POOLS,
    "volumes": Kind.VOLUMES,
    "月度数据": Kind.VOLUMES,
    "secondments": Kind.SECONDMENTS,
    "派驻": Kind.SECONDMENTS,
    "派驻医师": Kind.SECONDMENTS,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column; an empty cell of a column that is not needed means `empty`."""

    name: str
    headers: tuple[str, ...]
    parse: Parser
    needed: bool = False
    empty: Any = ""


_LEVELS: Final = {
    "社区": Level.COMMUNITY,
    "社区卫生服务中心": Level.COMMUNITY,
    "一级": Level.FIRST,
    "二级": Level.SECOND,
    "三级": Level.THIRD,
    "未定级": Level.UNRATED,
}
_GRADES: Final = {
    "甲": Grade.A,
    "甲等": Grade.A,
    "乙": Grade.B,
    "乙等": Grade.B,
    "丙": Grade.C,
    "丙等": Grade.C,
    "未定等": Grade.UNRATED,
}
_OWNERS: Final = {
    "公立": Ownership.PUBLIC,
    "公办": Ownership.PUBLIC,
    "民营": Ownership.PRIVATE,
    "社会办": Ownership.PRIVATE,
    "私立": Ownership.PRIVATE,
}
_KINDS: Final = {
    "诊疗机构": FacilityKind.TREATING,
    "第三方中心": FacilityKind.THIRD_PARTY_CENTRE,
    "卫生健康行政部门": FacilityKind.AUTHORITY,
}
_ROLES: Final = {
    "基层医生": Role.CLINIC_DOCTOR,
    "基层管理员": Role.CLINIC_MANAGER,
    "医院医生": Role.HOSPITAL_DOCTOR,
    "转诊办": Role.REFERRAL_OFFICE,
    "转诊办公室": Role.REFERRAL_OFFICE,
    "医联体管理员": Role.ALLIANCE_MANAGER,
    "接口": Role.INTEGRATOR,
    "审计员": Role.AUDITOR,
    "系统管理员": Role.SYSTEM_ADMIN,
    "安全管理员": Role.SECURITY_ADMIN,
    "卫生健康行政部门": Role.HEALTH_AUTHORITY,
    "卫健委": Role.HEALTH_AUTHORITY,
}

_POOLS: Final = {
    "号源": PoolKind.SLOT,
    "床位": PoolKind.BED,
    "设备": PoolKind.EQUIPMENT,
    "检查设备": PoolKind.EQUIPMENT,
}
_GRADES_OF_DOCTORS: Final = {
    "普通": DoctorGrade.ORDINARY,
    "普通门诊": DoctorGrade.ORDINARY,
    "副高": DoctorGrade.ASSOCIATE_CHIEF,
    "副主任医师": DoctorGrade.ASSOCIATE_CHIEF,
    "正高": DoctorGrade.CHIEF,
    "主任医师": DoctorGrade.CHIEF,
}
_SESSIONS: Final = {
    "上午": Session.MORNING,
    "下午": Session.AFTERNOON,
    "晚上": Session.EVENING,
    "夜间": Session.EVENING,
    "全天": Session.WHOLE_DAY,
}

COLUMNS: Final[dict[Kind, Sequence[Column]]] = {
    Kind.FACILITIES: (
        Column("code", ("code", "机构代码", "机构编码"), values.facility_code, needed=True),
        Column("uscc", ("uscc", "统一社会信用代码"), values.uscc, empty=None),
        Column("name", ("name", "机构名称", "名称"), values.text(120), needed=True),
        Column("short_name", ("short_name", "简称"), values.text(60)),
        Column("region", ("region", "行政区划", "行政区划代码"), values.text(12), needed=True),
        Column("category", ("category", "机构类别", "机构类别代码"), values.category, needed=True),
        Column(
            "level",
            ("level", "级别", "医院级别"),
            values.one_of(Level, _LEVELS),
            empty=Level.UNRATED,
        ),
        Column(
            "grade", ("grade", "等次", "等级"), values.one_of(Grade, _GRADES), empty=Grade.UNRATED
        ),
        Column("tier", ("tier", "功能层级", "层级"), values.one_of(Tier), needed=True),
        Column(
            "ownership",
            ("ownership", "所有制", "办医主体"),
            values.one_of(Ownership, _OWNERS),
            empty=Ownership.PUBLIC,
        ),
        Column(
            "kind",
            ("kind", "机构性质"),
            values.one_of(FacilityKind, _KINDS),
            empty=FacilityKind.TREATING,
        ),
        Column("legal_person", ("legal_person", "法人机构代码"), values.facility_code, empty=None),
        Column("campus_name", ("campus_name", "院区", "院区名称"), values.text(60)),
        Column("phone", ("phone", "电话", "联系电话"), values.text(40)),
        Column("duty_phone", ("duty_phone", "值班电话"), values.text(40)),
        Column("address", ("address", "地址"), values.text(200)),
        Column("latitude", ("latitude", "纬度"), values.degrees(90), empty=None),
        Column("longitude", ("longitude", "经度"), values.degrees(180), empty=None),
        Column("profile", ("profile", "功能定位"), values.text(2000)),
        Column(
            "requires_internal_review",
            ("requires_internal_review", "院内审核"),
            values.yes_or_no,
            empty=False,
        ),
        Column("is_active", ("is_active", "启用", "是否启用"), values.yes_or_no, empty=True),
    ),
    Kind.DEPARTMENTS: (
        Column("facility", ("facility", "机构代码", "机构编码"), values.facility_code, needed=True),
        Column(
            "code", ("code", "诊疗科目", "诊疗科目代码", "科目代码"), values.specialty, needed=True
        ),
        Column("name", ("name", "科室名称", "名称"), values.text(80), needed=True),
        Column("phone", ("phone", "电话", "联系电话"), values.text(40)),
        Column("accepts", ("accepts", "收治范围", "接收范围"), values.text(2000)),
        Column("is_active", ("is_active", "启用", "是否启用"), values.yes_or_no, empty=True),
    ),
    Kind.STAFF: (
        Column("username", ("username", "用户名", "工号"), values.username, needed=True),
        Column("full_name", ("full_name", "姓名"), values.text(100), needed=True),
        Column("email", ("email", "邮箱", "电子邮箱"), values.email),
        Column("facility", ("facility", "机构代码", "机构编码"), values.facility_code, needed=True),
        Column("department", ("department", "诊疗科目", "科室代码"), values.specialty, empty=None),
        Column("role", ("role", "角色"), values.one_of(Role, _ROLES), needed=True),
        Column("title", ("title", "职称"), values.text(40)),
        Column("starts", ("starts", "开始日期", "任职日期"), values.day, needed=True),
        Column("ends", ("ends", "结束日期", "离任日期"), values.day, empty=None),
    ),
    Kind.POOLS: (
        Column("facility", ("facility", "机构代码", "机构编码"), values.facility_code, needed=True),
        Column("kind", ("kind", "类别"), values.one_of(PoolKind, _POOLS), empty=str(PoolKind.SLOT)),
        Column("department", ("department", "诊疗科目", "科室代码"), values.specialty),
        Column(
            "doctor_grade",
            ("doctor_grade", "号别", "医师级别"),
            values.one_of(DoctorGrade, _GRADES_OF_DOCTORS),
        ),
        Column("capability", ("capability", "设备", "检查能力"), values.one_of(CapabilityCode)),
        Column("alliance", ("alliance", "医联体", "共享范围"), values.text(120)),
        Column("day", ("day", "日期", "出诊日期"), values.day, needed=True),
        Column("session", ("session", "时段"), values.one_of(Session, _SESSIONS), needed=True),
        Column("begins", ("begins", "开始时间"), values.clock, needed=True),
        Column("ends", ("ends", "结束时间"), values.clock, needed=True),
        Column("places", ("places", "号数", "数量"), values.whole(MOST_PLACES), needed=True),
        Column(
            "reserved_percent",
            ("reserved_percent", "预留比例", "基层预留比例"),
            values.whole(100),
            empty=None,
        ),
        Column(
            "opens_days_before",
            ("opens_days_before", "提前开放天数"),
            values.whole(366),
            empty=None,
        ),
        Column(
            "release_hours_before",
            ("release_hours_before", "提前释放小时"),
            values.whole(366 * 24),
            empty=None,
        ),
    ),
    # Monthly figures: which there are is known by the app that counts with them.
    Kind.VOLUMES: (
        Column(
            "code",
            ("code", "机构或区划代码", "机构代码", "行政区划代码", "代码"),
            values.text(32),
            needed=True,
        ),
        Column("name", ("name", "名称", "机构名称"), values.text(200)),
        Column("kind", ("kind", "指标", "项目"), values.text(60), needed=True),
        Column("month", ("month", "月份"), values.month, needed=True),
        Column("value", ("value", "数值"), values.amount, empty=None),
        Column("other", ("other", "相邻地区代码", "另一地区代码"), values.text(12)),
    ),
    Kind.SECONDMENTS: (
        Column("sender", ("from_facility", "派出机构代码"), values.facility_code, needed=True),
        Column("to", ("to_facility", "派驻机构代码"), values.facility_code, needed=True),
        Column("person", ("person", "医师工号", "工号"), values.text(32), needed=True),
        Column("title", ("title", "职称"), values.text(20), needed=True),
        Column("starts", ("starts", "开始日期", "派驻开始日期"), values.day, needed=True),
        Column("ends", ("ends", "结束日期", "派驻结束日期"), values.day, needed=True),
        Column("withdrawn", ("withdrawn", "撤回"), values.yes_or_no, empty=False),
    ),
}
