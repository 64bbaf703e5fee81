"""The fixtures of `tests.scored_run`, for the tests in this folder."""

from tests.scored_run import folder as folder
from tests.scored_run import make_cell as make_cell
