"""Holds what generated referrals say: common conditions with their texts, and coded reasons."""

from typing import Final, NamedTuple

from referral.codes import (
    CancelReason,
    DeclineReason,
    NoReturnReason,
    Outcome,
    ReferralReason,
)


class Case(NamedTuple):
    """One condition as it is written up and down; `department` is a code of the national list."""

    department: str
    code: str
    diagnosis: str
    up_reason: str
    complaint: str
    history: str
    treatment: str
    results: str
    plan: str
    down_reason: str


R = ReferralReason
_EXAMINE, _UNCLEAR, _CRITICAL = R.NEEDS_EXAMINATION, R.DIAGNOSIS_UNCLEAR, R.CRITICAL
_STABLE, _OPERATED, _LONG = R.STABLE_CONTINUE, R.AFTER_OPERATION, R.LONG_TERM_CARE

CASES: Final[tuple[Case, ...]] = (
    Case("03.04", "I10", "高血压2级", _UNCLEAR, "规范用药三月血压仍不达标", "高血压8年", "氨氯地平联合缬沙坦",
         "尿蛋白阴性，心脏彩超示左室肥厚", "继续三联降压，两周复查血压", _LONG),
    Case("03.04", "I20.0", "不稳定性心绞痛", _CRITICAL, "活动后胸痛加重一周", "高血压、高脂血症", "阿司匹林、他汀",
         "冠脉造影示前降支狭窄70%，已植入支架", "双抗一年，每月随访", _OPERATED),
    Case("03.04", "I50.9", "慢性心力衰竭", _UNCLEAR, "下肢水肿、夜间憋醒", "冠心病10年", "利尿、限盐",
         "NT-proBNP升高，射血分数42%", "沙库巴曲缬沙坦维持，监测体重", _STABLE),
    Case("03.03", "I63.9", "脑梗死恢复期", _CRITICAL, "突发言语不清2小时", "房颤", "平卧、吸氧后急送",
         "头颅CT未见出血，溶栓后好转", "抗凝治疗，社区康复训练", _OPERATED),
    Case("03.03", "G40.9", "癫痫", _UNCLEAR, "抽搐发作两次", "无特殊", "对症处理", "脑电图异常",
         "左乙拉西坦口服，避免驾驶", _LONG),
    Case("03.07", "E11.9", "2型糖尿病", _UNCLEAR, "血糖控制不佳，糖化9.6%", "糖尿病6年", "二甲双胍、格列美脲",
         "胰岛功能减退，眼底轻度病变", "改用基础胰岛素，三月复查糖化", _LONG),
    Case("03.07", "E05.9", "甲状腺功能亢进", _EXAMINE, "心悸、消瘦两月", "无特殊", "未用药", "TSH降低，FT4升高",
         "甲巯咪唑治疗，每四周复查血象", _STABLE),
    Case("03.01", "J44.1", "慢阻肺急性加重", _UNCLEAR, "咳喘加重，动则气促", "吸烟40年", "雾化、抗感染",
         "血气示低氧，肺功能FEV1 45%", "长效支气管扩张剂，家庭氧疗", _STABLE),
    Case("03.01", "J18.9", "社区获得性肺炎", _EXAMINE, "发热咳嗽五天", "无特殊", "头孢类抗感染三天无效",
         "胸部CT示右下肺实变", "口服抗生素至足疗程，两周复查胸片", _STABLE),
    Case("03.02", "K92.2", "上消化道出血", _CRITICAL, "黑便两天伴头晕", "长期服用止痛药", "禁食补液",
         "胃镜示十二指肠溃疡，已止血", "质子泵抑制剂八周，复查胃镜", _STABLE),
    Case("03.06", "N18.3", "慢性肾脏病3期", _EXAMINE, "血肌酐进行性升高", "糖尿病、高血压", "控制血压血糖",
         "eGFR 42，尿蛋白++", "低蛋白饮食，每月复查肾功能", _LONG),
    Case("04.01", "K80.1", "胆囊结石伴胆囊炎", R.NOT_QUALIFIED, "反复右上腹痛", "无特殊", "解痉、抗感染",
         "超声示胆囊多发结石，腹腔镜术后", "术后换药拆线，低脂饮食", _OPERATED),
    Case("04.03", "S72.0", "股骨颈骨折", R.NOT_QUALIFIED, "跌倒后髋部疼痛", "骨质疏松", "制动、止痛",
         "关节置换术后，切口愈合好", "社区康复训练，抗骨质疏松治疗", _OPERATED),
    Case("04.03", "M51.2", "腰椎间盘突出", _EXAMINE, "腰痛伴下肢放射痛", "无特殊", "理疗两周无好转",
         "MRI示L4/5突出", "核心肌群训练，避免负重", _STABLE),
    Case("07", "J45.9", "支气管哮喘", _UNCLEAR, "反复喘息，夜间明显", "过敏性鼻炎", "沙丁胺醇吸入",
         "肺功能可逆试验阳性", "吸入激素维持，避免过敏原", _LONG),
    Case("05.02", "O14.9", "妊娠期高血压疾病", _CRITICAL, "孕34周血压升高伴水肿", "初产妇", "卧床、监测",
         "尿蛋白+，胎心监护正常", "产后42天复查血压", _STABLE),
)  # fmt: skip

DECLINES: Final = (
    DeclineReason.CAPACITY,
    DeclineReason.CAPACITY,
    DeclineReason.WRONG_SPECIALTY,
    DeclineReason.INSUFFICIENT_INFORMATION,
    DeclineReason.NOT_INDICATED,
    DeclineReason.PATIENT_DECLINED,
)
CANCELS: Final = (
    CancelReason.PATIENT_WISH,
    CancelReason.PATIENT_WISH,
    CancelReason.CONDITION_CHANGED,
    CancelReason.DUPLICATE,
)
TREATED: Final = (
    Outcome.IMPROVED,
    Outcome.IMPROVED,
    Outcome.IMPROVED,
    Outcome.CURED,
    Outcome.UNCHANGED,
)
NO_RETURN: Final = (
    NoReturnReason.RECOVERED,
    NoReturnReason.RECOVERED,
    NoReturnReason.CONTINUED_CARE,
    NoReturnReason.REFUSED,
    NoReturnReason.LIVES_ELSEWHERE,
)
FINDINGS: Final = "病情平稳，按计划用药，无不适"
QUESTION: Final = "请补充近期检查结果与用药情况"
REPLY: Final = "已补充近两周检查结果与用药清单"
ERROR: Final = "患者选择有误"
