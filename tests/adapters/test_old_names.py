"""``model_lab.adapters``, the old name of ``loader_utils``: every module is still imported, with a sentence, and counted."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import model_lab.adapters
from model_lab import extensions, loader_utils
from model_lab.extensions import modules
from model_lab.loader_utils import load_errors, streaming_resampler
from model_lab.registry import model_cards
from tests.conftest import MakeModel

HERE = Path(loader_utils.__file__).parent


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("model_lab.adapters.")]:
        monkeypatch.delitem(sys.modules, name)
        monkeypatch.delattr(model_lab.adapters, name.rpartition(".")[2], raising=False)


def test_old_names_are_those_of_modules_that_are_there() -> None:
    present = {path.stem for path in HERE.glob("*.py")}
    assert set(loader_utils.OLD_NAMES.values()) <= present and not set(loader_utils.OLD_NAMES) & present


@pytest.mark.parametrize("code", ["from model_lab.adapters import feed", "import model_lab.adapters.feed as feed"])
def test_an_old_module_is_the_new_one_with_a_sentence(code: str) -> None:
    names: dict[str, object] = {}
    with pytest.warns(DeprecationWarning, match=r"model_lab\.adapters\.feed is now model_lab\.loader_utils\.streaming_resampler"):
        exec(code, names)
    assert names["feed"] is streaming_resampler
    assert streaming_resampler.__spec__ is not None
    assert streaming_resampler.__spec__.name == streaming_resampler.__name__ == "model_lab.loader_utils.streaming_resampler"


def test_a_name_out_of_an_old_module_is_that_of_the_new_one() -> None:
    with pytest.warns(DeprecationWarning, match=r"loader_utils\.load_errors; import that"):
        module = importlib.import_module("model_lab.adapters.damage")
    public = [name for name in vars(load_errors) if not name.startswith("_")]
    assert public and all(getattr(module, name) is getattr(load_errors, name) for name in public)


def test_a_module_that_kept_its_name_and_one_that_never_was() -> None:
    with pytest.warns(DeprecationWarning, match=r"adapters\.windows is now model_lab\.loader_utils\.windows"):
        importlib.import_module("model_lab.adapters.windows")
    with pytest.raises(ModuleNotFoundError, match=r"model_lab\.loader_utils\.wnidows"), pytest.warns(match="wnidows"):
        importlib.import_module("model_lab.adapters.wnidows")


def test_the_package_alone_says_nothing() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", "import model_lab.adapters"], check=True)


@pytest.mark.parametrize(
    "code", ["from model_lab.adapters.feed import x", "from model_lab.adapters import feed", "import model_lab.adapters.feed"]
)
def test_what_is_imported_by_an_old_name_counts_in_the_revision(
    code: str, make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_model("aged", "return Transcript('')")
    loader = folder / "loader.py"
    loader.write_text(f"def unused():\n    {code}\n\n\n" + loader.read_text())
    assert extensions.shared_modules(loader) == {HERE / "streaming_resampler.py"}
    before = model_cards.revision(model_cards.card("aged"))
    monkeypatch.setattr(modules, "LOADER_UTILS", tmp_path)
    (tmp_path / "streaming_resampler.py").write_text("changed = True\n")
    assert model_cards.revision(model_cards.card("aged")) != before
