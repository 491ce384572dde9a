"""Makes names searchable without storing them readable: blind tokens of their beginnings."""

import re
import unicodedata
from collections.abc import Mapping
from itertools import islice, product
from typing import Final

from pypinyin import lazy_pinyin

from accounts.encryption import blind_token

# Surnames of two characters (复姓); a name that begins with one keeps both when it is masked.
_COMPOUND: Final = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容"
    "仲孙钟离长孙宇文司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良漆雕乐正宰父谷梁拓跋夹谷轩辕令狐"
    "段干百里呼延东郭南门羊舌微生公户公玉公仪梁丘公仲公上公门公山公坚左丘公伯西门公祖第五公乘贯丘公皙"
    "南荣东里东宫仲长子书子桑即墨达奚褚师纳兰那拉完颜叶赫爱新富察佟佳"
)
COMPOUND_SURNAMES: Final = frozenset(
    _COMPOUND[index : index + 2] for index in range(0, len(_COMPOUND), 2)
)
# How surnames are read where the dictionary's first reading is not the (only) one in use.
SURNAME_READINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "单": ("shan", "dan"), "曾": ("zeng", "ceng"), "解": ("xie", "jie"), "仇": ("qiu", "chou"),
    "朴": ("piao", "pu"), "查": ("zha", "cha"), "盖": ("ge", "gai"), "区": ("ou", "qu"),
    "翟": ("zhai", "di"), "乐": ("yue", "le"), "缪": ("miao", "mou"), "员": ("yun", "yuan"),
    "种": ("chong", "zhong"), "召": ("shao", "zhao"), "繁": ("po", "fan"), "覃": ("qin", "tan"),
    "牟": ("mou", "mu"), "折": ("she", "zhe"), "洗": ("xian", "xi"), "秘": ("bi", "mi"),
    "隗": ("wei", "kui"), "谌": ("chen", "shen"), "郗": ("xi", "chi"), "宓": ("mi", "fu"),
    "祭": ("zhai", "ji"), "车": ("che", "ju"), "都": ("du", "dou"), "行": ("xing", "hang"),
    "贾": ("jia", "gu"), "强": ("qiang", "jiang"), "费": ("fei", "bi"), "尉": ("wei", "yu"),
    "沈": ("shen", "chen"), "六": ("lu", "liu"), "黑": ("he", "hei"), "长": ("chang", "zhang"),
    "藏": ("zang", "cang"), "晟": ("cheng", "sheng"), "乜": ("nie", "mie"),
}  # fmt: skip
COMPOUND_READINGS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "尉迟": (("yu", "chi"), ("wei", "chi")),
    "万俟": (("mo", "qi"), ("wan", "qi")),
    "澹台": (("tan", "tai"), ("dan", "tai")),
    "长孙": (("zhang", "sun"), ("chang", "sun")),
    "乐正": (("yue", "zheng"), ("le", "zheng")),
    "鲜于": (("xian", "yu"),),
    "宰父": (("zai", "fu"),),
}
# Characters of given names that people read in two ways.
GIVEN_READINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "乐": ("le", "yue"), "长": ("chang", "zhang"), "茜": ("qian", "xi"), "晟": ("sheng", "cheng"),
    "重": ("zhong", "chong"), "行": ("xing", "hang"), "朝": ("chao", "zhao"), "莘": ("xin", "shen"),
    "曾": ("zeng", "ceng"), "盛": ("sheng", "cheng"), "柏": ("bai", "bo"), "单": ("dan", "shan"),
}  # fmt: skip
MAX_READINGS: Final = 4
MAX_LETTERS: Final = 24
MAX_CHARACTERS: Final = 12
MIN_LETTERS: Final = 2
_HAN = re.compile(r"[㐀-䶿一-鿿\U00020000-\U0003ffff]")
_DROPPED = re.compile(r"[\s·•‧・.．\-'’,，]+")
_UMLAUT: Final = (("lyu", "lv"), ("nyu", "nv"))


def normalised(name: str) -> str:
    """Return a name in the form in which two spellings are compared: no blanks, dots or case."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", name)).casefold()


def compound_surname(name: str) -> str:
    """Return the two-character surname that a name begins with, or an empty string."""
    return name[:2] if name[:2] in COMPOUND_SURNAMES else ""


def _letters(text: str) -> str:
    """Return Latin text as the letters a to z: ü as v, the passport's LYU as lv, no accents."""
    plain = text.casefold().replace("ü", "v").replace("u:", "v")
    plain = unicodedata.normalize("NFD", plain)
    plain = "".join(char for char in plain if "a" <= char <= "z")
    for written, read in _UMLAUT:
        plain = plain.replace(written, read)
    return plain


def _syllables(char: str, table: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    if char in table:
        return table[char]
    if not _HAN.fullmatch(char):
        return (_letters(char),)
    return (_letters("".join(lazy_pinyin(char, errors="ignore"))),)


def _surname_readings(name: str) -> tuple[int, list[tuple[str, ...]]]:
    """Return how many characters the surname takes, and its readings by syllable."""
    surname = compound_surname(name)
    if surname in COMPOUND_READINGS:
        return 2, list(COMPOUND_READINGS[surname])
    if surname:
        return 2, [tuple(_syllables(char, {})[0] for char in surname)]
    return 1, [(reading,) for reading in _syllables(name[:1], SURNAME_READINGS)]


def _readings(name: str) -> list[list[str]]:
    """Return the ways to read a name, each a list of syllables, the commonest first."""
    length, heads = _surname_readings(name)
    tails = product(*(_syllables(char, GIVEN_READINGS) for char in name[length:]))
    found = ([*head, *tail] for tail in tails for head in heads)
    return list(islice(found, MAX_READINGS))


def spellings(name: str) -> list[tuple[str, str]]:
    """Return full pinyin and initials for each reading: 单雄信 → (shanxiongxin, sxx), (danxiongxin, dxx)."""
    plain = normalised(name)[:MAX_CHARACTERS]
    if not _HAN.search(plain):
        letters = _letters(name)
        words = [_letters(word) for word in re.split(r"[\s·.\-]+", name)]
        return [(letters, "".join(word[:1] for word in words))]
    return [
        ("".join(syllables), "".join(part[:1] for part in syllables))
        for syllables in _readings(plain)
    ]


def _latin_token(text: str) -> int:
    return blind_token(text, purpose="patients.name.latin")


def _han_token(text: str) -> int:
    return blind_token(text, purpose="patients.name.characters")


def whole_token(name: str) -> int:
    """Return the token of the whole name, by which the database compares two names unread."""
    return blind_token(normalised(name), purpose="patients.name.whole")


def search_tokens(name: str) -> list[int]:
    """Return the tokens under which a name is found: its beginnings in characters, pinyin, initials.

    Equal beginnings give equal tokens, so whoever reads the table learns how often each occurs, but
    not which it is; that is the price of a prefix search.
    """
    plain = normalised(name)[:MAX_CHARACTERS]
    tokens = {whole_token(name)}
    tokens.update(_han_token(plain[:end]) for end in range(1, len(plain) + 1))
    for full, initials in spellings(name):
        for text in (full[:MAX_LETTERS], initials):
            ends = range(MIN_LETTERS, len(text) + 1)
            tokens.update(_latin_token(text[:end]) for end in ends)
    return sorted(tokens)


def query_tokens(text: str) -> list[int]:
    """Return the tokens of which a name must have one to match what was typed; none means too short.

    Chinese characters are compared as characters, letters as pinyin or initials, and a mixture
    (张san) by its pinyin.
    """
    plain = normalised(text)[:MAX_CHARACTERS]
    letters = _letters(text)
    if not _HAN.search(plain):
        return [_latin_token(letters[:MAX_LETTERS])] if len(letters) >= MIN_LETTERS else []
    if not letters:
        return [_han_token(plain)]
    readings = {"".join(syllables)[:MAX_LETTERS] for syllables in _readings(plain)}
    return sorted(_latin_token(reading) for reading in readings)
