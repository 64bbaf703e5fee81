"""Manual pages: their descriptions, and the line by which their authors sum them up (the NAME section, which is not shown)."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from model_lab.datasets.recipes import Workshop

_CHARACTERS = {"aq": "'", "dq": '"', "lq": "“", "rq": "”", "oq": "‘", "cq": "’", "em": "—", "en": "–", "bu": "•", "mc": "µ"}
_CHARACTERS |= {"hy": "-", "ti": "~", "ha": "^", "rs": "\\", "ga": "`", "la": "<", "ra": ">", "<=": "≤", ">=": "≥", "mu": "×"}
_CHARACTERS |= {
    "R": "®",
    "Tm": "™",
    "co": "©",
    "+-": "±",
    "->": "→",
    "<-": "←",
    "de": "°",
    "12": "½",
    "14": "¼",
    "at": "@",
    "sh": "#",
    "pl": "+",
}
"""Special characters of groff_char(7) that these pages use."""

_ESCAPE = re.compile(
    r"\\(?:f(?:\[\w*\]|\(\w\w|\w)|s[+-]?\d|[*]?(?:\((?P<two>..)|\[(?P<name>[^\]]*)\])|\*(?P<one>\w)|(?P<plain>.)|$)"
)
_PLAIN = {"-": "-", "e": "\\", "\\": "\\", " ": " ", "~": " ", "0": " ", "'": "'", "`": "`", ".": "."} | dict.fromkeys(
    "&|^/,%:)c", ""
)

_TOGETHER = {"BI", "BR", "IB", "IR", "RB", "RI"}
_FONT = {"B", "I", "SM", "SB"}
_PARAGRAPH = {"PP", "P", "LP", "sp"}
_LIST = {"TP", "IP", "HP", "TQ"}
_FENCES = {"nf": "fi", "EX": "EE", "TS": "TE", "EQ": "EN"}
_IGNORED = {"br", "in", "ti", "ta", "ft", "PD", "TH", "ad", "na", "hy", "nh", "ne", "fi", "UE", "ME", "UR", "MT", "DT"}


class NotPlain(ValueError):
    """The page uses markup that `sections` does not know."""


@dataclass
class ManSection:
    """One section of a page: its flowing paragraphs, and how many words of it are in lists, tables and examples."""

    paragraphs: list[str] = field(default_factory=lambda: [""])
    other_words: int = 0

    @property
    def text(self) -> str:
        """The paragraphs, with an empty line between."""
        return "\n\n".join(" ".join(paragraph.split()) for paragraph in self.paragraphs if paragraph.strip())


def summaries(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Every page with a summary of ``min_summary`` words or more and a description of ``min_words`` to ``max_words`` in prose.

    Prose: at least ``min_sentences`` sentences, and at most half as many words in lists, tables and examples.
    """
    seen: set[str] = set()
    files = sorted(path for root in workshop.archives.values() for path in (root / "usr/share/man").rglob("*.gz"))
    for path in files:
        source = gzip.decompress(path.read_bytes()).decode("utf-8")
        try:
            by_title = sections(source)
        except NotPlain:
            continue
        summary, description = _summary(by_title.get("NAME", ManSection()).text), by_title.get("DESCRIPTION", ManSection())
        if _fits(summary, description, workshop.settings) and summary.lower() not in seen:
            seen.add(summary.lower())
            name = path.name.removesuffix(".gz")
            licence = re.search(r"SPDX-License-Identifier: *(.+)", source)
            yield {
                "id": name,
                "text": description.text,
                "summary": summary,
                "stratum": f"section {name.rpartition('.')[2][:1]}",
                "licence": licence[1].strip() if licence else "see the package's copyright file",
            }


def sections(source: str) -> dict[str, ManSection]:
    """Heading -> section of a page written with the man macros; raises `NotPlain` for markup that is not theirs.

    >>> page = '.SH NAME\\nls \\\\- list files\\n.SH DESCRIPTION\\nLists\\n.IR FILE s.\\n.PP\\nSee\\n.BR dir (1).\\n.TP\\n.B \\\\-a\\nall'
    >>> [(name, section.text, section.other_words) for name, section in sections(page).items()]
    [('NAME', 'ls - list files', 0), ('DESCRIPTION', 'Lists FILEs.\\n\\nSee dir(1).', 2)]
    """
    by_title: dict[str, ManSection] = {}
    section, fence, flowing, depth = ManSection(), "", True, 0
    for line in source.splitlines():
        macro, arguments = _request(line)
        if fence:
            fence = "" if macro == fence else fence
            section.other_words += 0 if macro else len(line.split())
        elif macro in _FENCES:
            fence = _FENCES[macro]
        elif macro in ("SH", "SS"):
            if macro == "SH":
                section = by_title.setdefault(" ".join(arguments), ManSection())
            section.paragraphs.append("")
            flowing, depth = True, 0
        elif macro in ("RS", "RE"):
            depth = max(0, depth + (1 if macro == "RS" else -1))
        elif macro in _PARAGRAPH or macro in _LIST:
            section.paragraphs.append("")
            flowing = macro in _PARAGRAPH
        else:
            text = _text_of(line, macro, arguments)
            if flowing and not depth:
                section.paragraphs[-1] += f"{text} "
            else:
                section.other_words += len(text.split())
    return by_title


def _request(line: str) -> tuple[str, list[str]]:
    r"""The macro a line calls ("" for a line of text; ``\"`` for a remark) and its arguments, escapes replaced."""
    if re.match(r"""[.']\s*\\"|'\\"|\.\s*$""", line):
        return '\\"', []
    match = re.match(r"[.']\s*(\w+)\s*(.*)", line)
    if not match:
        return "", []
    written = re.sub(r'\s*\\".*', "", match[2])
    quoted = re.findall(r'"((?:[^"]|"")*)"?|(\S+(?:(?<=\\) \S*)*)', written)
    return match[1], [_plain(inside.replace('""', '"') if inside else word) for inside, word in quoted]


def _text_of(line: str, macro: str, arguments: list[str]) -> str:
    """The text of a line that is no break and no heading."""
    if not macro:
        return _plain(re.sub(r'\s*\\".*', "", line))
    if macro in _TOGETHER:
        return "".join(arguments)
    if macro in _FONT:
        return " ".join(arguments)
    if macro in _IGNORED or macro == '\\"':
        return ""
    raise NotPlain(f"macro {macro!r} in {line[:60]!r}; expected those of man(7)")


def _plain(text: str) -> str:
    """Text without groff's escapes.

    >>> _plain(r"\\fBls\\fP\\ \\-l \\(aqx\\[rs]n\\(aq")
    "ls -l 'x\\\\n'"
    """

    def replace(match: re.Match[str]) -> str:
        if re.match(r"\\(?:f|s[+-]?\d|$)", match[0]):
            return ""
        name = match["two"] or match["name"] or match["one"]
        character = _CHARACTERS.get(name) if name else _PLAIN.get(match["plain"])
        if character is None:
            raise NotPlain(f"escape {match[0]!r} in {text[:60]!r}; expected one of groff_char(7) that is known here")
        return character

    return _ESCAPE.sub(replace, text)


def _summary(name: str) -> str:
    """What is said after the dash of a NAME section; empty if that is not one line of one summary."""
    names, dash, summary = " ".join(name.split()).partition(" - ")
    return summary if names and dash and " - " not in summary else ""


def _fits(summary: str, description: ManSection, settings: dict[str, Any]) -> bool:
    words = len(description.text.split())
    return (
        len(summary.split()) >= settings["min_summary"]
        and settings["min_words"] <= words <= settings["max_words"]
        and len(re.findall(r"[.!?](?=\s|$)", description.text)) >= settings["min_sentences"]
        and description.other_words <= words / 2
    )
