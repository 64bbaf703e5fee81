"""Which other files decide what a module does."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.extensions import modules


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file beside a folder of shared modules, of which one imports another."""
    monkeypatch.setattr(modules, "LOADER_UTILS", tmp_path)
    (tmp_path / "near.py").write_text("from model_lab.loader_utils.far import thing\n")
    (tmp_path / "far.py").write_text("import math\n")
    (tmp_path / "other.py").write_text("")
    return tmp_path / "loader.py"


@pytest.mark.parametrize(
    "code",
    [
        "from model_lab.loader_utils.near import thing",
        "import model_lab.loader_utils.near as near",
        "from model_lab.loader_utils import near",
        "from model_lab.loader_utils import (\n    near,\n)",
        "def load():\n    from model_lab.loader_utils.near import thing",
    ],
)
def test_shared_modules_are_found_with_those_they_import(module: Path, code: str) -> None:
    module.write_text(code)
    assert {path.stem for path in modules.shared_modules(module)} == {"near", "far"}


def test_a_name_in_a_string_is_no_import(module: Path) -> None:
    module.write_text("'from model_lab.loader_utils.near import thing'\nfrom model_lab import errors\n")
    assert modules.shared_modules(module) == set()


@pytest.mark.parametrize("content", [b"def load(:", b"\xff", b"\0", b"from model_lab.loader_utils import gone"])
def test_what_cannot_be_imported_needs_no_shared_module(module: Path, content: bytes) -> None:
    module.write_bytes(content)
    assert modules.shared_modules(module) == set()


def test_a_plug_ins_module_needs_what_it_imports_of_its_own_package(tmp_path: Path) -> None:
    package = tmp_path / "plug"
    files = {
        "__init__.py": "",
        "models/one/loader.py": "from model_lab.loader_utils.windows import x\nfrom plug.answers import Answer\nfrom . import beside\n",
        "models/one/beside.py": "from ...deep import thing\nimport json, plug.models.one.loader\n",
        "answers/__init__.py": "",
        "deep.py": "",
        "other.py": "",
    }
    for name, text in files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    needed = modules.shared_modules(package / "models/one/loader.py", "plug.models.one.loader")
    mine = {path.relative_to(package).as_posix() for path in needed if path.is_relative_to(package)}
    assert mine == {"__init__.py", "models/one/beside.py", "answers/__init__.py", "deep.py"}
    assert {path.name for path in needed if not path.is_relative_to(package)} == {"windows.py"}
