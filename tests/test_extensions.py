"""Which adapters a module needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_lab import extensions


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file beside a folder of adapters, of which one imports another."""
    monkeypatch.setattr(extensions, "_LOADER_UTILS", tmp_path)
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
def test_adapters_are_found_with_those_they_import(module: Path, code: str) -> None:
    module.write_text(code)
    assert {path.stem for path in extensions.shared_modules(module)} == {"near", "far"}


def test_a_name_in_a_string_is_no_import(module: Path) -> None:
    module.write_text("'from model_lab.loader_utils.near import thing'\nfrom model_lab import errors\n")
    assert extensions.shared_modules(module) == set()


@pytest.mark.parametrize("content", [b"def load(:", b"\xff", b"\0", b"from model_lab.loader_utils import gone"])
def test_what_cannot_be_imported_needs_no_adapter(module: Path, content: bytes) -> None:
    module.write_bytes(content)
    assert extensions.shared_modules(module) == set()
