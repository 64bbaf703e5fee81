from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from model_lab.datasets.recipes import Workshop, manpages

PROSE = "\n".join(f"The\n.BR copy ()\nfunction number {n} does what it says." for n in range(8))
PAGE = f""".\\" SPDX-License-Identifier: GPL-2.0-or-later
.TH copy 3
.SH NAME
copy, ncopy \\- copy a string of bytes
.SH SYNOPSIS
.nf
.B "int copy(void);"
.fi
.SH DESCRIPTION
{PROSE}
.SH BUGS
None.
"""
SETTINGS = {"min_summary": 4, "min_words": 20, "max_words": 200, "min_sentences": 6}


@pytest.fixture
def rows(tmp_path: Path, workshop: Callable[..., Workshop]) -> Callable[..., list[dict]]:
    def build(**pages: str) -> list[dict]:
        for name, source in pages.items():
            path = tmp_path / f"packages/manpages/usr/share/man/man3/{name}.3.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.compress(source.encode()))
        return list(manpages.summaries(workshop({"manpages": tmp_path / "packages/manpages"}, **SETTINGS)))

    return build


def test_a_page_gives_its_description_and_its_one_line(rows) -> None:
    (row,) = rows(copy=PAGE)
    assert (row["id"], row["summary"], row["stratum"]) == ("copy.3", "copy a string of bytes", "section 3")
    assert row["text"].startswith("The copy() function number 0 does what it says. The copy()")
    assert "int copy" not in row["text"] and "None." not in row["text"]
    assert row["licence"] == "GPL-2.0-or-later"


def test_the_summary_is_not_in_the_text(rows) -> None:
    (row,) = rows(copy=PAGE)
    assert row["summary"] not in row["text"]


@pytest.mark.parametrize(
    "other",
    [
        PAGE.replace("copy a string of bytes", "copy bytes"),  # a summary too short
        PAGE.replace(PROSE, "Short."),
        PAGE.replace(PROSE, PROSE + "\n.TP\n" + "word " * 80),  # mostly a list
        PAGE.replace("does what", "\\*(ZZ what"),  # a string of its own
        PAGE.replace(".SH BUGS", ".Dd today"),  # macros of another kind
        PAGE.replace(".SH DESCRIPTION", ".SH OPTIONS"),
        ".so man3/copy.3\n",
    ],
)
def test_pages_that_do_not_fit_are_left_out(rows, other: str) -> None:
    assert [row["id"] for row in rows(copy=PAGE.replace("a string", "the string"), other=other)] == ["copy.3"]


def test_one_summary_is_asked_for_once(rows) -> None:
    assert len(rows(copy=PAGE, again=PAGE)) == 1


def test_markup_becomes_text() -> None:
    page = "\n".join(
        [
            ".SH DESCRIPTION",
            r"\fIOne\fP\~two \(em \[lq]three\[rq] \" a remark",
            r'.BI "bold " italic \fRroman',
            r".B strong \-x",
            r".\" a remark",
            ".I",
            "slanted",
            ".UR http://example.org",
            "a link",
            ".UE .",
            ".SS Part",
            "New\\c",
            ".RS 4",
            "aside, indented",
            ".RE",
            ".P",
            "Last \\&.line\\e",
        ]
    )
    section = manpages.sections(page)["DESCRIPTION"]
    assert section.text == "One two — “three” bold italicroman strong -x slanted a link\n\nNew\n\nLast .line\\"
    assert section.other_words == 2


def test_examples_and_tables_are_not_prose() -> None:
    for fence in (".nf\nint x;\n.fi", ".EX\nint x;\n.EE", ".TS\nint x;\n.TE"):
        section = manpages.sections(f".SH DESCRIPTION\nBefore\n{fence}\nafter.")["DESCRIPTION"]
        assert (section.text, section.other_words) == ("Before after.", 2)
