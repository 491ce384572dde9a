"""Makes Chinese names searchable: pinyin, initials, and pieces of one and two characters.

Trigram indexes cannot serve a Chinese word of two characters, which is what people type. So each name
also stores its pieces in an array under a GIN index, and a hit is checked against the name itself.
"""

import re
from functools import cache, lru_cache
from importlib import import_module
from typing import Final

from django.db.models import Q
from pypinyin import lazy_pinyin, load_phrases_dict
from pypinyin.seg.simpleseg import seg

PINYIN_LENGTH: Final = 600
INITIALS_LENGTH: Final = 120
TRIGRAM: Final = 3
_NOT_LATIN = re.compile(r"[^a-z0-9]+")


@cache
def _know_phrases() -> None:
    """Load the readings of whole words (重庆 is chongqing), on the first name that is spelt.

    They take 45 MB, and a web process that only searches never needs them.
    """
    load_phrases_dict(import_module("pypinyin.phrases_dict").phrases_dict)


@lru_cache(maxsize=20_000)
def _syllables(word: str) -> tuple[str, ...]:
    """Return how one word is read; names of facilities are made of few words, each in thousands of them."""
    # Numbers and Latin letters are read as they stand, and are different in every name.
    return (word,) if word.isascii() else tuple(lazy_pinyin([word]))


def spellings(name: str) -> tuple[str, str]:
    """Return pinyin without tones or blanks, and the initials: 周浦医院 → zhoupuyiyuan, zpyy."""
    _know_phrases()
    syllables = [syllable for word in seg(name) for syllable in _syllables(word)]
    full = _NOT_LATIN.sub("", "".join(syllables).lower())
    # A run of Latin text comes back as one piece, of which every letter is its own initial.
    short = "".join(piece if piece in name else piece[:1] for piece in syllables)
    return full[:PINYIN_LENGTH], _NOT_LATIN.sub("", short.lower())[:INITIALS_LENGTH]


def pieces(*texts: str) -> list[str]:
    """Return every run of one and two characters of the texts, sorted and lower-case."""
    found: set[str] = set()
    for text in texts:
        plain = "".join(text.lower().split())
        found.update(plain)
        found.update(plain[index : index + 2] for index in range(len(plain) - 1))
    return sorted(found)


def _latin(needle: str) -> Q:
    code = Q(code__startswith=needle.upper())
    letters = _NOT_LATIN.sub("", needle.lower())
    if not letters:
        return code
    if len(letters) < TRIGRAM:
        return code | Q(initials__startswith=letters) | Q(pinyin__startswith=letters)
    return code | Q(initials__contains=letters) | Q(pinyin__contains=letters)


def matching(text: str) -> Q:
    """Return the condition that a row's name, pinyin, initials or code match what was typed.

    Latin text is read as pinyin or initials, blanks ignored; of other text every word must occur.
    """
    if text.isascii():
        return _latin("".join(text.split()))
    condition = Q()
    for word in text.lower().split():
        written = Q(name__icontains=word) | Q(short_name__icontains=word)
        condition &= Q(terms__contains=pieces(word)) & written
    return condition


def starting(text: str) -> Q:
    """Return the condition that a name, its pinyin, its initials or its code begin with the text."""
    condition = Q(name__startswith=text) | Q(code__startswith=text)
    letters = _NOT_LATIN.sub("", text.lower()) if text.isascii() else ""
    if letters:
        condition |= Q(pinyin__startswith=letters) | Q(initials__startswith=letters)
    return condition
