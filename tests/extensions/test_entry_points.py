"""Parts of installed packages are found without importing them, work beside all others, and disturb nothing when they are broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_lab import capabilities, extensions
from model_lab.capabilities import capability
from model_lab.extensions import entry_points
from model_lab.registry import model_cards, unusable
from tests.cli.test_commands import cli
from tests.conftest import CONFIG, LOADER, forget
from tests.plugins import install

METER = CONFIG.format(name="meter", kind="algorithm", capability="asr", memory_gb=0.1)
LISTENER = LOADER.format(capability="asr", at_load="", body="        return Transcript('the cat sat')")
METRIC = (
    "from model_lab.metrics._base import share, ratio\n"
    "METRIC = share('same_length', 'transcripts of the right length', 'a test',\n"
    "    lambda reference, answer: {'right': float(len(str(answer.text).split()) == 3), 'all': 1.0},\n"
    "    lambda pooled: ratio(pooled['right'], pooled['all']))\n"
)
PARTS = {"plug/__init__.py": "", "plug/models/meter/config.yaml": METER, "plug/models/meter/loader.py": LISTENER}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages that this process and its children see."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(folder), before])))
    forget()
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "plug"]:
        del sys.modules[name]
    monkeypatch.undo()
    forget()


def test_names_cost_no_import(site: Path) -> None:
    install(
        site,
        "plug-in",
        {"models": {"meter": "plug.models.meter"}, "capabilities": {"hum": "plug.hum"}, "datasets": {"all": "plug.data"}},
        {**PARTS, "plug/__init__.py": "raise SystemExit(3)", "plug/hum.py": "", "plug/data/hums.yaml": ""},
    )
    code = (
        "import sys; from model_lab import extensions as e; r = e.registry()\n"
        "print('meter' in r.items(e.MODEL), 'hum' in r.items(e.CAPABILITY), 'hums' in r.items(e.DATASET), 'plug' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True", "False"]


def test_a_model_of_a_package_runs_and_its_metric_is_scored(site: Path, clips: Path, tmp_path: Path) -> None:
    install(
        site,
        "plug-in",
        {"models": {"meter": "plug.models.meter"}, "metrics": {"asr.same_length": "plug.metrics"}},
        {**PARTS, "plug/metrics.py": METRIC, "plug/words.py": "SAID = 'the cat sat'\n"},
    )
    loader = site / "plug/models/meter/loader.py"
    loader.write_text("from plug.words import SAID\n" + LISTENER.replace("'the cat sat'", "SAID"))
    assert model_cards.card("meter").folder == loader.parent
    assert capability("asr").metrics[-1].name == "same_length" and capability("vad").metrics[-1].name != "same_length"
    before = model_cards.revision(model_cards.card("meter"))
    (site / "plug/words.py").write_text("SAID = 'the cat ran'\n")
    assert model_cards.revision(model_cards.card("meter")) != before
    done = cli("run", "meter", "--data", str(clips), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    scores = json.loads((tmp_path / "runs/meter-clips-full/meter/clips/scores.json").read_text())
    values = {score["metric"]: score["value"] for score in scores["scores"]}
    assert values["same_length"] == 1.0 and values["wer"] == pytest.approx(1 / 3)


BROKEN = {
    "no such module": ({"models": {"odd": "plug.models.gone"}}, {}, "there is no module plug.models.gone"),
    "no such package": ({"capabilities": {"odd": "gone"}}, {}, "there is no module gone"),
    "no config": ({"models": {"odd": "plug.models"}}, {}, "has no config.yaml"),
    "a misspelt key": (
        {"models": {"odd": "plug.models.odd"}},
        {"plug/models/odd/config.yaml": METER + "memory: 3\n"},
        "'memory'",
    ),
    "an import that fails": ({"capabilities": {"odd": "plug.odd"}}, {"plug/odd.py": "import no_such_thing"}, "No module named"),
    "an exit": ({"capabilities": {"odd": "plug.odd:X"}}, {"plug/odd.py": "raise SystemExit(0)"}, "SystemExit: 0"),
    "no object": ({"capabilities": {"odd": "plug.odd:X"}}, {"plug/odd.py": ""}, "must define X, a Capability"),
    "no constant": ({"capabilities": {"odd": "plug.odd"}}, {"plug/odd.py": ""}, "must define CAPABILITY"),
    "no capability": ({"capabilities": {"odd": "plug.odd:X"}}, {"plug/odd.py": "X = 1"}, "a Capability named 'odd'"),
    "a taken name": ({"models": {"pyin": "plug.models.meter"}}, {}, "model 'pyin' is in both"),
    "no metric": ({"metrics": {"asr.odd": "plug:__name__"}}, {}, "is a str; expected a Metric"),
    "a metric of nothing": ({"metrics": {"arsr.odd": "plug.metrics"}}, {}, "no capability 'arsr' (did you mean 'asr'?)"),
    "a metric that is there": (
        {"metrics": {"asr.odd": "plug.odd:X"}},
        {"plug/odd.py": "from dataclasses import replace\nfrom plug.metrics import METRIC\nX = replace(METRIC, name='wer')"},
        "asr has another metric called 'wer'",
    ),
    "a recipe of no family": ({"recipes": {"odd": "plug.odd:X"}}, {"plug/odd.py": "X = 1"}, "a card names a recipe FAMILY.NAME"),
    "a recipe that is gone": ({"recipes": {"odd.one": "plug.gone:X"}}, {}, "there is no module plug.gone"),
    "no perturbation": ({"perturbations": {"odd": "plug:__name__"}}, {}, "expected a datasets.perturbations.Perturbation"),
    "a perturbation that is ours": (
        {"perturbations": {"hum": "plug.odd:X"}},
        {"plug/odd.py": "from model_lab.datasets.perturbations import perturbations\nX = perturbations()['noise']"},
        "is already that of the package itself",
    ),
    "no format": ({"formats": {"odd": "plug:__name__"}}, {}, "expected a model_lab.formats.Format"),
    "a format of another name": (
        {"formats": {"odd": "plug.odd:X"}},
        {"plug/odd.py": "from model_lab.formats import Format\nX = Format('even', 'txt', print)"},
        "defines a format called 'even'; expected 'odd'",
    ),
    "an executor that is gone": ({"executors": {"odd": "plug.gone:X"}}, {}, "there is no module plug.gone"),
    "an executor that is ours": ({"executors": {"local": "plug:__name__"}}, {}, "Model Lab has its own executor 'local'"),
    "a broken dataset": ({"datasets": {"all": "plug.data"}}, {"plug/data/odd.yaml": "title: x"}, "is missing"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_entry_point_is_listed_and_disturbs_nothing(kind: str, site: Path) -> None:
    points, files, reason = BROKEN[kind]
    install(site, "plug-in", points, {"plug/metrics.py": METRIC, **PARTS, **files})
    install(site, "good-one", {"models": {"meter": "plug.models.meter"}}, {})
    done = cli("list", "models", "--json")
    assert done.returncode == 0, done.stderr
    assert {"meter", "pyin", "baseline_null"} <= {row["name"] for row in json.loads(done.stdout)}
    [problem] = [line for line in done.stderr.splitlines() if line.startswith("cannot be used: ")]
    assert reason in problem
    assert [str(found) for found in unusable.problems()] == [problem.removeprefix("cannot be used: ")]
    assert len(capabilities.capabilities()) == 30


@pytest.mark.parametrize("kind", ["no such module", "a misspelt key", "an exit", "no metric"])
def test_other_models_run_beside_a_broken_entry_point(kind: str, site: Path, clips: Path, tmp_path: Path) -> None:
    points, files, reason = BROKEN[kind]
    install(site, "plug-in", points, {**PARTS, **files})
    install(site, "good-one", {"models": {"meter": "plug.models.meter"}}, {})
    for words in (
        ["run", "meter", "--data", str(clips)],
        ["run", "baseline_oracle", "--data", str(clips), "--capability", "asr"],
    ):
        done = cli(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert reason in json.loads(cli("doctor", "--json").stdout)["problems"][0]
    done = cli("check", "--level", "card")
    assert done.returncode == 1 and reason in done.stdout


def test_a_package_without_readable_metadata_is_a_problem(site: Path) -> None:
    (site / "half-1.0.dist-info").mkdir()
    (site / "half-1.0.dist-info/entry_points.txt").write_bytes(b"[model_lab.models]\nx = \xff\n")
    [problem] = extensions.registry().problems()
    assert problem.kind == "package" and "entry points cannot be read" in problem.reason and "half" in problem.name


def test_the_first_copy_of_a_package_on_the_path_counts(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(site, "plug-in", {"models": {"meter": "plug.models.meter"}}, PARTS)
    install(tmp_path / "older", "plug-in", {"models": {"gone": "plug.models.gone"}}, {})
    monkeypatch.syspath_prepend(str(tmp_path / "older"))
    monkeypatch.syspath_prepend(str(site))
    forget()
    names = extensions.registry().items(extensions.MODEL)
    assert "meter" in names and "gone" not in names


def test_a_process_that_is_handed_a_plug_in_sees_that_and_nothing_beside_it(site: Path) -> None:
    install(site, "plug-in", {"models": {"meter": "plug.models.meter"}, "recipes": {"a.b": "plug.r:X"}}, PARTS)
    (site / "beside.py").write_text("")
    handed = extensions.registry().handover()
    [entry] = json.loads(handed[entry_points.HANDED])["entry_points"]
    assert entry[:2] == ["model", "meter"]
    code = (
        "from model_lab import extensions as e; import importlib.util as u\n"
        "print(e.registry().items(e.MODEL)['meter'].path, u.find_spec('plug') is not None, u.find_spec('beside'))"
    )
    root = Path(extensions.__file__).parents[2]
    environment = {**os.environ, **handed, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(site / "plug/models/meter"), "True", "None"]
