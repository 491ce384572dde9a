"""Names are found by beginnings: characters, pinyin, initials, every reading of a polyphone."""

import pytest

from patients import names


def _finds(typed: str, name: str) -> bool:
    return bool(set(names.query_tokens(typed)) & set(names.search_tokens(name)))


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("张三丰", "张"),
        ("张三丰", "张三"),
        ("张三丰", "张三丰"),
        ("张三丰", "zhang"),
        ("张三丰", "zhangs"),
        ("张三丰", "Zhang San Feng"),
        ("张三丰", "zsf"),
        ("张三丰", "ZS"),
        ("张三丰", "张san"),
        ("吕秀莲", "lv"),
        ("吕秀莲", "lü xiu"),
        ("吕秀莲", "lyuxiu"),
        ("单雄信", "shan"),
        ("单雄信", "dan"),
        ("曾国强", "zeng"),
        ("曾国强", "ceng"),
        ("解珍", "xie"),
        ("解珍", "jiezhen"),
        ("仇英", "qiu"),
        ("仇英", "chouying"),
        ("翟让", "zhairang"),
        ("翟让", "dirang"),
        ("尉迟恭", "yuchigong"),
        ("尉迟恭", "ycg"),
        ("尉迟恭", "wcg"),
        ("万俟卨", "moqi"),
        ("长孙无忌", "zhangsunwuji"),
        ("王乐乐", "wanglele"),
        ("王乐乐", "wangyueyue"),
        ("阿依古丽·买买提", "阿依古丽买"),
        ("阿依古丽·买买提", "ayiguli"),
        ("Maria José Pérez", "maria jose"),
        ("Maria José Pérez", "mjp"),
    ],
)
def test_a_beginning_finds_the_name(name: str, typed: str) -> None:
    assert _finds(typed, name)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("张三丰", "三丰"),
        ("张三丰", "李"),
        ("张三丰", "zhangsi"),
        ("张三丰", "sf"),
        ("张三丰", "张四"),
        ("单雄信", "chan"),
    ],
)
def test_other_texts_do_not(name: str, typed: str) -> None:
    assert not _finds(typed, name)


@pytest.mark.parametrize("typed", ["", " ", "z", "%", "1"])
def test_too_little_finds_nobody(typed: str) -> None:
    assert not _finds(typed, "张三丰")


def test_a_name_makes_few_tokens_and_none_is_negative() -> None:
    tokens = names.search_tokens("欧阳" + "乐" * 30)
    assert len(tokens) == len(set(tokens)) < 150
    assert all(0 <= token < 2**63 for token in tokens)


def test_the_whole_name_is_compared_without_blanks_dots_and_case() -> None:
    assert names.whole_token("张 三") == names.whole_token("张三")
    assert names.whole_token("MARIA  Perez") == names.whole_token("Maria Perez")
    assert names.whole_token("阿依古丽•买买提") == names.whole_token("阿依古丽·买买提")
    assert names.whole_token("张三") != names.whole_token("张三丰")
    assert names.whole_token("张三") in names.search_tokens("张三")
