"""The class under which a medicine's name is listed: salts, forms, English, and what only looks alike."""

import pytest

from referral import drug_names
from referral.codes_returns import DrugClass

LISTED = [(kind, name) for kind in DrugClass for name in drug_names.names(kind) if "*" not in name]
# As doctors of chronic diseases write them; none is of an excluded class.
COMMON = """
硝苯地平控释片 苯磺酸氨氯地平片 左氨氯地平 非洛地平缓释片 缬沙坦胶囊 厄贝沙坦氢氯噻嗪片
马来酸依那普利片 培哚普利 沙库巴曲缬沙坦钠片 琥珀酸美托洛尔缓释片 比索洛尔 卡维地洛 吲达帕胺缓释片
呋塞米片 螺内酯片 托拉塞米 复方利血平氨苯蝶啶片 多沙唑嗪 盐酸可乐定片 盐酸二甲双胍缓释片
格列齐特缓释片 格列美脲 阿卡波糖片 西格列汀 达格列净片 恩格列净 瑞格列奈 甘精胰岛素注射液
门冬胰岛素30注射液 司美格鲁肽 阿司匹林肠溶片 氯吡格雷片 替格瑞洛 华法林钠片 利伐沙班片 达比加群酯
阿托伐他汀钙片 瑞舒伐他汀 依折麦布 非诺贝特 单硝酸异山梨酯缓释片 硝酸甘油片 曲美他嗪 尼可地尔片
地高辛片 胺碘酮片 伊伐布雷定 稳心颗粒 麝香保心丸 复方丹参滴丸 布地奈德福莫特罗 噻托溴铵
沙美特罗替卡松 氨茶碱缓释片 孟鲁司特钠 羧甲司坦 乙酰半胱氨酸 左甲状腺素钠片 甲巯咪唑 碘化钾 别嘌醇
非布司他 秋水仙碱 碳酸钙D3片 骨化三醇 阿仑膦酸钠 碳酸司维拉姆 罗沙司他 开同复方α-酮酸片
硫酸亚铁缓释片 叶酸片 丙戊酸钠缓释片 卡马西平片 奥卡西平 左乙拉西坦 拉莫三嗪 多巴丝肼片
盐酸金刚烷胺片 普拉克索 多奈哌齐 美金刚 盐酸帕罗西汀 舍曲林 艾司西酞普兰 氯氮平片 奥氮平 喹硫平
丁螺环酮 坦度螺酮 安非他酮缓释片 硫酸羟氯喹片 甲氨蝶呤片 来氟米特 柳氮磺吡啶肠溶片 美沙拉秦
环孢素软胶囊 他克莫司胶囊 西罗莫司 吗替麦考酚酯胶囊 泼尼松片 青霉胺片 恩替卡韦 富马酸替诺福韦
奥美拉唑肠溶胶囊 兰索拉唑 硝酸毛果芸香碱滴眼液 硫酸阿托品眼用凝胶 拉坦前列素滴眼液 盐酸罂粟碱片
枸橼酸那可丁片 复方甘草片 牛黄解毒片 附子理中丸 复方斑蝥胶囊 尿素[13C]胶囊 来曲唑片 阿那曲唑
他莫昔芬 吉非替尼 Metformin Amlodipine Penicillamine Carbamazepine Bupropion Ferrous_sulfate
Insulin_glargine Hydroxychloroquine Mycophenolate_mofetil Valproate Pilocarpine Omeprazole
Sacubitril/valsartan Fluoxetine Clonidine Levothyroxine
"""


@pytest.mark.parametrize("kind", list(DrugClass))
def test_every_listed_name_is_found_with_its_salt_and_its_form(kind: DrugClass) -> None:
    whole = drug_names.names(kind)
    assert whole
    for name in [name for found, name in LISTED if found == kind]:
        assert drug_names.listed_class(name) == kind, name
        assert drug_names.listed_class(f"  {name.upper()} ") == kind, name
        if name.isascii():
            assert drug_names.listed_class(f"{name.title()} hydrochloride, 10 mg") == kind, name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("盐酸吗啡 注射液", "narcotic"),
        ("硫酸吗啡缓释片(30mg)", "narcotic"),
        ("Morphine sulfate ER tablets", "narcotic"),
        ("ＦＥＮＴＡＮＹＬ", "narcotic"),
        ("杜冷丁", "narcotic"),
        ("盐酸艾司氯胺酮注射液", "psychotropic_1"),
        ("盐酸哌甲酯缓释片", "psychotropic_1"),
        ("咪达唑仑注射液", "psychotropic_1"),
        ("马来酸咪达唑仑片", "psychotropic_2"),
        ("安定片", "psychotropic_2"),
        ("氨酚曲马多片", "psychotropic_2"),
        ("氨酚羟考酮片", "psychotropic_2"),
        ("盐酸羟考酮缓释片", "narcotic"),
        ("oxycodone and acetaminophen", "psychotropic_2"),
        ("吡仑帕奈片", "psychotropic_2"),
        ("生附子", "toxic"),
        ("雄黄粉", "toxic"),
        ("注射用A型肉毒毒素", "toxic"),
        ("碘[131I]化钠口服溶液", "radioactive"),
        ("I-131", "radioactive"),
        ("锝[99mTc]亚甲基二膦酸盐注射液", "radioactive"),
        ("盐酸麻黄碱片", "precursor"),
        ("头孢呋辛酯片", "antimicrobial"),
        ("Amoxicillin/clavulanate potassium", "antimicrobial"),
        ("利福昔明", "antimicrobial"),
        ("重组人促红素注射液", "special_storage"),
    ],
)
def test_the_class_of_a_name(name: str, kind: str) -> None:
    assert drug_names.listed_class(name) == kind


def test_what_is_taken_for_years_is_not_taken_for_something_else() -> None:
    found = {name: drug_names.listed_class(name.replace("_", " ")) for name in COMMON.split()}
    assert len(found) > 120
    assert {name: kind for name, kind in found.items() if kind} == {}


@pytest.mark.parametrize(
    "name",
    [
        "盐酸阿扑吗啡",
        "柳氮磺胺吡啶",
        "环孢霉素A",
        "注射用盐酸阿霉素",
        "甲磺酸双氢麦角胺",
        "复方氢溴酸右美沙芬糖浆",
        "Sulfasalazine",
    ],
)
def test_a_name_that_only_contains_a_listed_one_is_ordinary(name: str) -> None:
    assert drug_names.listed_class(name) == "ordinary"


def test_an_ordinary_part_does_not_hide_another() -> None:
    assert drug_names.listed_class("头孢克肟(西林瓶)") == "antimicrobial"
    assert drug_names.listed_class("环孢霉素, 地西泮") == "psychotropic_2"


def test_no_name_is_listed_twice_and_every_list_says_where_it_comes_from() -> None:
    names = [name for kind in DrugClass for name in drug_names.names(kind)]
    assert len(set(names)) == len(names)
    for kind, listing in drug_names.listings().items():
        assert listing.kind == kind
        assert listing.source
        assert listing.status == "unverified", "name the person who checked it"


def test_without_a_name_no_class() -> None:
    assert drug_names.listed_class("") == drug_names.listed_class(" - ") == ""
