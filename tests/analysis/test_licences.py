from __future__ import annotations

import pytest

from model_lab.analysis.licences import licence, marks
from tests.scored_run import model_card


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"commercial": True}, ()),
        ({"commercial": False}, ("non-commercial",)),
        ({"commercial": False, "weights": "unclear"}, ("licence unclear",)),
        ({"commercial": True, "copyleft": True, "code": "GPL-3.0-or-later"}, ("copyleft",)),
    ],
)
def test_licence_marks(changes: dict[str, object], expected: tuple[str, ...]) -> None:
    assert marks(model_card("a", licence={"code": "MIT", **changes})) == expected


def test_weights_under_another_licence_are_named() -> None:
    assert (
        licence(model_card("a", licence={"code": "MIT", "weights": "CC-BY-NC-4.0", "commercial": False}))
        == "MIT, weights CC-BY-NC-4.0"
    )
    assert licence(model_card("a", licence={"code": "MIT", "weights": "MIT", "commercial": True})) == "MIT"
