"""Text as patients type it to plain lower-case tokens that remember where they came from.

Every token keeps the character offsets of the text as written, so that a nurse sees her own words.
Work is linear in the length of the text and no input raises.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from typing import List, Sequence, Tuple

#: So many letters in a row, each on its own, spell a word.
_SPELT_OUT = 6
#: What stands between a token and the one before it.
NO_GAP, SOFT_GAP, HARD_GAP, QUESTION_GAP = 0, 1, 2, 3

_APOSTROPHES = "’‘‛ʼʹ′´`＇"
_LOOKALIKES = {
    **dict(zip("асеорхуіјѕһԁԛԝкмтвнгп", "aceopxyijshdqwkmtbhrn", strict=False)),
    **dict(zip("αοεικνρτυχβη", "aoeikvptuxbn", strict=False)),
    **dict(zip("ıłøđħŧɑɡɩ", "ilodhtagi", strict=False)),
    "æ": "ae",
    "œ": "oe",
    "ß": "ss",
}
#: Scripts in which vowel signs are letters of their own and may not be dropped with accents.
_ACCENTED_SCRIPTS = re.compile(r"[\u0000-\u024f\u0370-\u04ff\u1e00-\u1fff]")
_INLINE_TAG = re.compile(
    r"</?(?:b|i|u|em|strong|span|font|a|mark|small|sub|sup|wbr)\b[^<>]{0,200}>"
)
_TAG = re.compile(r"<!?/?[a-z][^<>]{0,200}>|<!--[^<>]{0,500}-->")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});")

_PLAIN = re.compile(r"[\n\r\t -%'-;=-~]*\Z")

_TOKEN = re.compile(
    r"""
      (?P<leet>(?:2day|2nite|2night|2moro|2morrow|2mrw|1ce|4eva)(?![a-z0-9]))
    | (?P<number>\d+(?:[.,]\d+)?)(?![a-z]*[@$])
    | (?P<short>(?:w/in|w/o|w/|c/o|h/o|h/a|n/v|b/p|s/p|p/|a/)(?=[a-z\s]|$))
    | (?P<word>[^\W\d_](?:[\w@$]|'(?=[^\W\d_])|[\u0300-\u036f\u0900-\u0dff\u064b-\u0655])*)
    | (?P<gap>[.!?…;:,()\[\]{}\n\r"“”«»|/–—•·*~=<>।؟،؛。！？、，]+|\s-+\s|^-+\s|-+(?=\s))
    | (?P<sign>[&+@°%])
    | (?P<symbol>[^\w\s])
    """,
    re.VERBOSE,
)
_WEEKS_AND_DAYS = re.compile(r"(w|wk|wks|weeks?)(\d)(d|days?)?\Z")
_SIGNS = {"&": "and", "+": "and", "@": "at", "°": "degrees", "%": "percent"}
_SHORT = {
    "w/in": "within",
    "w/o": "without",
    "w/": "with",
    "c/o": "complains",
    "h/o": "history of",
    "h/a": "headache",
    "n/v": "vomiting",
    "b/p": "bp",
    "s/p": "after",
    "p/": "after",
    "a/": "before",
}


@dataclass(frozen=True)
class Token:
    """A lower-case word, number or symbol with its place in the text as written."""

    word: str
    start: int
    end: int
    gap: int


class Folded:
    """Text folded to plain lower-case characters, each knowing where it came from."""

    def __init__(self, text: str, starts: Sequence[int], ends: Sequence[int]):
        self.text = text
        self._starts = starts
        self._ends = ends

    def original(self, start: int, end: int) -> Tuple[int, int]:
        """Offsets into the text as written for a non-empty span of the folded text."""
        return self._starts[start], self._ends[end - 1]


def fold(text: str) -> Folded:
    """Fold case, compatibility forms, accents, look-alikes, markup and invisible characters."""
    if _PLAIN.match(text):
        return Folded(text.lower(), range(len(text)), range(1, len(text) + 1))
    characters: List[str] = []
    starts: List[int] = []
    ends: List[int] = []

    def put(piece: str, start: int, end: int) -> None:
        for character in piece:
            characters.append(character)
            starts.append(start)
            ends.append(end)

    lowered = text.lower()
    # A few capitals become two characters in lower case; offsets need one for one.
    if len(lowered) != len(text):
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    index = 0
    while index < len(lowered):
        character = lowered[index]
        if character in "<&":
            match = _INLINE_TAG.match(lowered, index)
            if match:
                index = match.end()
                continue
            match = _TAG.match(lowered, index)
            if match:
                put("\n", index, match.end())
                index = match.end()
                continue
            match = _ENTITY.match(lowered, index)
            if match:
                put(_fold_piece(html.unescape(match.group())), index, match.end())
                index = match.end()
                continue
        put(_fold_piece(character), index, index + 1)
        index += 1
    return Folded("".join(characters), starts, ends)


def _fold_piece(piece: str) -> str:
    """One character (or unescaped entity) in plain form, empty if it is invisible."""
    if piece.isascii():
        return piece if piece.isprintable() or piece in "\n\r\t" else ""
    if piece in _APOSTROPHES:
        return "'"
    if piece in "\u2028\u2029\x85":
        return "\n"
    plain = unicodedata.normalize("NFKC", piece).lower()
    kept = []
    for character in plain:
        category = unicodedata.category(character)
        if category in ("Cf", "Cc", "Co", "Cs", "Cn") or character in "\ufe0e\ufe0f":
            continue
        if category in ("Zs", "Zl", "Zp"):
            kept.append(" ")
        elif category == "Mn" and (
            "\u0300" <= character <= "\u036f" or "\u064b" <= character <= "\u0655"
        ):
            continue
        elif _ACCENTED_SCRIPTS.match(character):
            bare = unicodedata.normalize("NFD", character)[0]
            kept.append(_LOOKALIKES.get(bare, bare))
        elif category == "Pd":
            kept.append("–" if character in "–—―" else "-")
        else:
            kept.append(character)
    return "".join(kept)


def tokenise(text: str) -> List[Token]:
    """Split text into tokens with offsets into the text as written.

    A leading ``/word_word`` is plain text (G-17). Apostrophes are dropped ("can't" is ``cant``),
    hyphens and underscores split words.
    """
    folded = fold(text)
    plain = folded.text.replace("_", " ")
    tokens: List[Token] = []
    gap = HARD_GAP
    for match in _TOKEN.finditer(plain):
        kind = match.lastgroup
        piece = match.group()
        if kind == "gap":
            if piece == "/" and _between_letters(plain, match.start()):
                # "SOB/CP", "lips/tongue": the stroke lists as "or" does.
                tokens.append(Token("or", *folded.original(match.start(), match.end()), gap))
                gap = NO_GAP
                continue
            queried = (
                piece.endswith("?") and piece != "?" * len(piece) and _opens(plain, match.end())
            )
            gap = max(gap, SOFT_GAP if queried else _gap_of(piece))
            continue
        if kind == "word":
            for word, start, end in _pieces(piece, match.start()):
                tokens.append(Token(word, *folded.original(start, end), gap))
                gap = NO_GAP
            continue
        if kind == "symbol":
            if piece in "-'#^":
                continue
            word = piece
        elif kind == "sign":
            word = _SIGNS[piece]
        elif kind == "short":
            for word in _SHORT[piece].split():
                tokens.append(Token(word, *folded.original(match.start(), match.end()), gap))
                gap = NO_GAP
            continue
        else:
            word = piece.replace(",", ".")
        tokens.append(Token(word, *folded.original(match.start(), match.end()), gap))
        gap = NO_GAP
    if gap == QUESTION_GAP:
        tokens.append(Token("?", len(text), len(text), QUESTION_GAP))
    return _with_spelt_out(tokens)


def _with_spelt_out(tokens: List[Token]) -> List[Token]:
    """ "C a n t  b r e a t h e" and "h.e.l.p" as one word; fewer letters in a row stay letters."""
    if sum(len(token.word) == 1 for token in tokens) < _SPELT_OUT:
        return tokens
    joined: List[Token] = []
    start = 0
    while start < len(tokens):
        end = start
        while end < len(tokens) and len(tokens[end].word) == 1 and tokens[end].word.isalpha():
            end += 1
        if end - start >= _SPELT_OUT:
            word = "".join(token.word for token in tokens[start:end])
            joined.append(Token(word, tokens[start].start, tokens[end - 1].end, tokens[start].gap))
            start = end
        else:
            joined.append(tokens[start])
            start += 1
    return joined


def _between_letters(text: str, place: int) -> bool:
    return text[place - 1 : place].isalpha() and text[place + 1 : place + 2].isalpha()


def _opens(text: str, place: int) -> bool:
    """Whether a word begins here: "sob, ?PE" queries a diagnosis and asks nothing."""
    return text[place : place + 1].isalpha()


def _gap_of(piece: str) -> int:
    if "?" in piece or "؟" in piece or "？" in piece:
        return QUESTION_GAP
    if piece.startswith(("..", "…")) and "\n" not in piece:
        return SOFT_GAP
    if any(c in ".!;\n\r|•।。！*" for c in piece):
        return HARD_GAP
    return SOFT_GAP


def _pieces(word: str, offset: int) -> List[Tuple[str, int, int]]:
    """A word as typed without its apostrophes; "w3d" (34w3d) is three pieces."""
    if word.isalpha():
        return [(word, offset, offset + len(word))]
    match = _WEEKS_AND_DAYS.match(word)
    if match:
        return [
            (match.group(i), offset + match.start(i), offset + match.end(i))
            for i in (1, 2, 3)
            if match.group(i)
        ]
    return [(word.replace("'", ""), offset, offset + len(word))]
