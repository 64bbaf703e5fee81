"""JUnit reports: the XML that services of continuous integration read.

Source:
    There is no standard; these are the elements that the schema of Jenkins (``jenkins-junit.xsd``) and GitLab's reader share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from model_lab.units import one_line

State = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Case:
    """One thing that was checked.

    Attributes:
        group: Cases of one group are shown together.
        name: What it is called; unique within the group.
        state: How it went.
        because: Why, in a sentence.
    """

    group: str
    name: str
    state: State
    because: str


def junit(cases: Sequence[Case], name: str) -> str:
    """A report of one test suite.

    Args:
        cases: Its cases, in their order.
        name: What the suite is called.

    Returns:
        XML in UTF-8, with its declaration. Control characters, which XML cannot hold, are left out of all texts.
    """
    counts = {state: str(sum(case.state == state for case in cases)) for state in ("failed", "skipped")}
    suite = ElementTree.Element(
        "testsuite",
        name=one_line(name),
        tests=str(len(cases)),
        failures=counts["failed"],
        skipped=counts["skipped"],
        errors="0",
    )
    for case in cases:
        element = ElementTree.SubElement(suite, "testcase", classname=one_line(case.group), name=one_line(case.name), time="0")
        because = one_line(case.because)
        if case.state == "failed":
            ElementTree.SubElement(element, "failure", message=because)
        elif case.state == "skipped":
            ElementTree.SubElement(element, "skipped", message=because)
        else:
            ElementTree.SubElement(element, "system-out").text = because
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
