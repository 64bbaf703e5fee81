"""Cards: read without loaders, strict, with the nearest right name in every complaint."""

from __future__ import annotations

import subprocess
import sys

import pytest

from model_lab.errors import BadConfig, ContractBroken, UnknownName
from model_lab.provision import environments
from model_lab.registry import model_cards
from tests.conftest import MakeModel


def test_every_card_is_read() -> None:
    assert [card.name for card in model_cards.cards()] == list(model_cards.names())


def test_reading_cards_imports_no_loader_and_nothing_heavy() -> None:
    code = (
        "import sys; from model_lab.registry import model_cards; model_cards.cards();"
        "heavy = {'torch', 'transformers', 'ray', 'gradio', 'librosa', 'scipy', 'sklearn', 'pandas', 'onnxruntime'} & set(sys.modules);"
        "assert not heavy, heavy; assert not [name for name in sys.modules if name.startswith('model_lab.models.')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(
        UnknownName, match=r"no model 'faster_wisper' \(did you mean 'faster_whisper'\?\); see: model-lab list models"
    ):
        model_cards.card("faster_wisper")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("memory: 3", r"unknown key 'memory' \(did you mean 'memory_gb'\?\)"),
        ("install: {pips: [a==1]}", r"unknown key 'install\.pips' \(did you mean 'pip'\?\)"),
        ("install: {pip: [numpy]}", "'numpy' is not pinned; write NAME==VERSION"),
        ("devices: [gpu]", r"devices\.0 is 'gpu'"),
        ("weights: {kind: wheel, files: {a: {path: x, sha256: abc}}}", "sha256 is 'abc'"),
        ("parameters: -1", "parameters is -1"),
        ("languages: [en, jp]", r"languages: 'jp' names no language \(did you mean 'ja'\?\)"),
    ],
)
def test_a_wrong_card_is_told_in_one_sentence(make_model: MakeModel, line: str, said: str) -> None:
    config = make_model("odd", "return Transcript('')") / "config.yaml"
    config.write_text(config.read_text() + line + "\n")
    with pytest.raises(BadConfig, match=said) as caught:
        model_cards.card("odd")
    assert "\n" not in str(caught.value)


def test_an_unknown_capability_names_the_nearest(make_model: MakeModel) -> None:
    make_model("odd", "return Transcript('')", capability="arsr")
    with pytest.raises(BadConfig, match=r"no capability 'arsr' \(did you mean 'asr'\?\)"):
        model_cards.card("odd")


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(BadConfig, match=r"no option 'beam_sise' \(did you mean 'beam_size'\?\)"):
        model_cards.with_options(model_cards.card("faster_whisper"), {"beam_sise": 1})


def test_a_revision_follows_the_code(make_model: MakeModel) -> None:
    folder = make_model("patient", "return Transcript('')")
    before = model_cards.revision(model_cards.card("patient"))
    assert model_cards.revision(model_cards.card("patient")) == before
    (folder / "loader.py").write_text((folder / "loader.py").read_text() + "# changed\n")
    assert model_cards.revision(model_cards.card("patient")) != before


def test_pins_that_clash_in_the_package_are_refused() -> None:
    ours = [model_cards.card("torchcrepe"), model_cards.card("pesto")]
    ours[1] = ours[1].model_copy(update={"install": ours[1].install.model_copy(update={"pip": ("Torch==1.0",)})})
    with pytest.raises(ContractBroken, match=r"pesto pins torch==1\.0 and torchcrepe pins 2\.13\.0"):
        environments.environments(ours)
