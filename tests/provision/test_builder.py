"""Environments are built by the real uv, from tiny packages in a folder: with any build of torch, with none, and with packages missing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model_lab import installer
from model_lab.contract import ModelCard
from model_lab.errors import NotRunnable, StoreError
from model_lab.provision import builder, environments, torch_builds
from model_lab.provision.environments import Environment
from tests.provision.test_environments import card
from tests.wheels import broken_source, use_alone, wheel

linux = pytest.mark.skipif(sys.platform != "linux", reason="torch has several builds on Linux only")
COMPILED = "torchaudio/lib/_torchaudio.so"


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index with what every worker needs, and two packages of models; no GPU is seen, and the cache is empty."""
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    monkeypatch.delenv("MODEL_LAB_TORCH", raising=False)
    real = torch_builds.wanted
    monkeypatch.setattr(torch_builds, "wanted", lambda: real() and "cpu")
    monkeypatch.setattr(environments, "CORE", ("core==1",))
    folder = use_alone(tmp_path / "shelf", monkeypatch)
    for name in ("core", "x", "y"):
        wheel(folder, name, "1")
    return folder


def torch(folder: Path, *versions: str) -> None:
    """Builds of torch; the one without a local version needs CUDA's libraries, as PyPI's does."""
    for version in versions:
        wheel(folder, "torch", version, *(() if "+" in version else ("nvidia-cublas",)))
    wheel(folder, "nvidia_cublas", "13")
    wheel(folder, "torchaudio", "2.11.0", "torch", files={COMPILED: b"linked against CUDA"})


def lab() -> Environment:
    """Two models with torch, one without."""
    return Environment(
        "lab",
        (
            card("deep", pip=("torch==2.13.0", "torchaudio==2.11.0")),
            card("deeper", pip=("torch==2.13.0", "x==1")),
            card("plain", pip=("x==1",), no_deps=("y==1",)),
        ),
    )


def built(environment: Environment) -> tuple[set[str], dict[str, str], list[str]]:
    """Builds it: the packages in it, the cards left out, and what was said."""
    said: list[str] = []
    builder.build(environment, said.append)
    record = environment.built
    assert record is not None
    return set(record["packages"]), record["left_out"], said


def compiled(environment: Environment) -> list[Path]:
    return list(environment.folder.glob(f"lib/python*/site-packages/{COMPILED}"))


@linux
def test_the_cpu_build_is_taken_where_the_index_has_it(shelf: Path) -> None:
    torch(shelf, "2.13.0", "2.13.0+cpu")
    packages, left_out, said = built(lab())
    assert packages == {"core==1", "torch==2.13.0+cpu", "torchaudio==2.11.0", "x==1", "y==1"}
    assert left_out == {}
    assert not [line for line in said if "CUDA" in line]
    assert compiled(lab()) == [], "what is linked against CUDA cannot be loaded beside the CPU build"


@linux
def test_the_plain_build_is_taken_where_no_cpu_build_can_be_had_and_its_size_is_said_before(shelf: Path) -> None:
    torch(shelf, "2.13.0")
    packages, left_out, said = built(lab())
    assert packages == {"core==1", "torch==2.13.0", "torchaudio==2.11.0", "nvidia_cublas==13", "x==1", "y==1"}
    assert left_out == {}
    [warning] = [line for line in said if "GB to download" in line]
    assert "torch==2.13.0+cpu" in warning and "MODEL_LAB_TORCH=cpu" in warning
    assert said.index(warning) < next(place for place, line in enumerate(said) if "Installed" in line)
    assert len(compiled(lab())) == 1, "they fit the torch that is really there"


@linux
def test_who_asks_for_the_cpu_build_gets_no_other(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch(shelf, "2.13.0")
    monkeypatch.setenv("MODEL_LAB_TORCH", "cpu")
    packages, left_out, said = built(lab())
    assert packages == {"core==1", "x==1", "y==1"}
    assert left_out.keys() == {"deep", "deeper"}
    assert all("no CPU build of torch==2.13.0 is available" in reason for reason in left_out.values())
    assert len([line for line in said if "torch" in line]) == 1, "it is one trouble and is said once"


@linux
def test_a_machine_with_a_gpu_takes_the_plain_build_without_a_word(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch(shelf, "2.13.0")
    monkeypatch.setattr(torch_builds, "wanted", lambda: "cuda")
    packages, _, said = built(lab())
    assert "torch==2.13.0" in packages
    assert not [line for line in said if "GB to download" in line]


def test_without_any_torch_its_models_alone_are_left_out_and_it_is_named(shelf: Path) -> None:
    packages, left_out, _ = built(lab())
    assert packages == {"core==1", "x==1", "y==1"}
    assert left_out.keys() == {"deep", "deeper"}
    assert all("torch" in reason for reason in left_out.values())


def test_where_uv_knows_the_cpu_build_to_be_it_is_told_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[str], tuple[str, ...]]] = []

    def resolve(requirements: list[str], *flags: str, **_: object) -> installer.Resolution:
        asked.append((requirements, flags))
        known = "--torch-backend" in flags
        return installer.Resolution(("torch==2.13.0+cpu",)) if known else installer.Resolution(trouble="there is none")

    monkeypatch.setattr(installer, "resolve", resolve)
    found = torch_builds.find(["x==1", "torch==2.13.0"], print)
    if sys.platform == "linux":
        assert [requirements for requirements, _ in asked] == [["torch==2.13.0+cpu"], ["torch==2.13.0"]]
        assert found == torch_builds.Build(flags=("--torch-backend", "cpu"))
        assert found.of("torch==2.13.0") == "torch==2.13.0"


def test_one_bad_package_leaves_out_its_model_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = card("good", pip=("x==1",)), card("bad", pip=("absent==1",))
    worse, odd = card("worse", no_deps=("nowhere==1",)), card("odd", pip=("x==1", "y==1"))
    environment = Environment("lab", (good, bad, worse, odd))
    packages, left_out, said = built(environment)
    assert packages == {"core==1", "x==1", "y==1"}
    assert left_out.keys() == {"bad", "worse"}
    assert "absent" in left_out["bad"] and "nowhere" in left_out["worse"]
    assert any(text.startswith("bad is left out: ") for text in said)
    monkeypatch.setattr(environments, "environment_of", lambda found: environment)
    assert environments.why_not(good) == ""
    assert "its packages could not be installed (" in environments.why_not(bad)
    assert environments.why_not(bad).endswith("run: model-lab setup bad --force")
    with pytest.raises(NotRunnable, match="bad cannot run"):
        environments.python_for(bad)


def test_a_package_that_cannot_be_built_leaves_out_its_model_alone(shelf: Path) -> None:
    broken_source(shelf, "broken", "1")
    packages, left_out, _ = built(Environment("lab", (card("good", pip=("x==1",)), card("bad", pip=("broken==1",)))))
    assert packages == {"core==1", "x==1"}
    assert left_out.keys() == {"bad"}
    assert "broken" in left_out["bad"]


def test_an_environment_of_which_nothing_can_be_had_is_none() -> None:
    environment = Environment("alone", (card("alone", pip=("absent==1",), environment="own"),))
    with pytest.raises(NotRunnable, match=r"environment alone cannot be built: .*absent.*; .*run: model-lab env build alone"):
        builder.build(environment, print)
    assert environment.built is None and not environment.folder.exists()


def test_packages_that_fit_each_alone_but_not_together_are_told(shelf: Path) -> None:
    wheel(shelf, "x", "2")
    environment = Environment("lab", (card("a", pip=("x==1",)), card("b", pip=("x==2",))))
    with pytest.raises(NotRunnable, match=r"cannot be built: .*x==1.*x==2"):
        builder.build(environment, print)


def test_an_index_without_what_every_worker_needs_is_said(shelf: Path) -> None:
    next(shelf.glob("core-*")).unlink()
    with pytest.raises(NotRunnable, match=r"environment lab cannot be built: .*core"):
        builder.build(lab(), print)


@pytest.mark.parametrize("bad", [set(), {0}, {6}, {2, 3}, {0, 1, 2, 3, 4, 5, 6}])
def test_culprits_are_found_by_halving(bad: set[int]) -> None:
    cards = [card(f"m{number}") for number in range(7)]
    tried: list[int] = []

    def attempt(some: list[ModelCard]) -> str:
        tried.append(len(some))
        return ", ".join(each.name for each in some if int(each.name[1:]) in bad)

    assert set(builder.culprits(cards, attempt, "all")) == {f"m{number}" for number in bad}
    assert len(tried) <= 12


def test_an_environment_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    environment, made = lab(), _counted(monkeypatch)
    assert environment.built is None
    for times, force in ((1, False), (1, False), (2, True)):
        builder.build(environment, print, force=force)
        assert len(made) == times
    assert environment.python.exists()
    assert [path.name for path in environments.existing()] == [environment.key]
    environments.remove(environment.folder)
    assert environments.existing() == []


def test_two_at_once_build_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _counted(monkeypatch)
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda _: builder.build(lab(), print), range(2)))
    assert len(made) == 1
    assert lab().built is not None


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], dict[str, str]]]:
    real, made = builder._Build.run, list[Callable[[], dict[str, str]]]()

    def run(self: builder._Build) -> dict[str, str]:
        made.append(self.run)
        return real(self)

    monkeypatch.setattr(builder._Build, "run", run)
    return made


def test_an_interrupted_build_starts_over() -> None:
    environment = lab()
    environment.folder.mkdir(parents=True)
    (environment.folder / "half").write_text("left by a kill")
    builder.build(environment, print)
    assert not (environment.folder / "half").exists()
    assert environment.python.exists()


def test_a_full_disk_ends_the_build_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = tmp_path / "uv"
    uv.write_text(
        rf"""#!/bin/sh
        if [ "$2" != install ]; then exec {installer.uv()} "$@"; fi
        echo "error: Failed to install: x-1-py3-none-any.whl" >&2
        echo "  cause: failed to copy file to \`/big/x\`: No space left on device (os error 28)" >&2; exit 2
        """.replace("\n        ", "\n")
    )
    uv.chmod(0o755)
    monkeypatch.setattr(installer, "uv", lambda: str(uv))
    environment = lab()
    with pytest.raises(StoreError, match=r"the disk holding /big/x is full; free some space or .*MODEL_LAB_CACHE="):
        builder.build(environment, print)
    assert not environment.folder.exists()


def test_a_cache_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(
        StoreError, match=r"cache.* cannot be used for the cache \(.*\); name another cache folder with MODEL_LAB_CACHE="
    ):
        builder.build(lab(), print)


def test_a_removed_environment_gives_the_disk_back_what_uv_kept_of_it(tmp_path: Path) -> None:
    environment = lab()
    builder.build(environment, print)
    kept = tmp_path / "cache" / "uv"
    assert list(kept.rglob("x-1.dist-info"))
    environments.remove(environment.folder)
    assert not list(kept.rglob("x-1.dist-info"))
