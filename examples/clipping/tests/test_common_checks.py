"""What Model Lab expects of every capability, model and dataset holds for those of this package."""

from collections.abc import Callable

from model_lab.testing import parametrize_with_checks


@parametrize_with_checks(package="model-lab-example-clipping")
def test_common_checks(check: Callable[[], None]) -> None:
    check()
