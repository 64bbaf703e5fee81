"""The pages of the documentation: their links, what they say of the code, and the site that is built of them."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from model_lab.extensions.kinds import KINDS
from tests.documentation import COMMAND_LINE, DOCS, PAGES, README, ROOT

GENERATED = (
    *(DOCS / "reference" / f"{name}.md" for name in ("models", "capabilities", "datasets", "metrics", "coverage")),
    COMMAND_LINE,
)
WRITTEN = [
    page for page in PAGES if page not in GENERATED and DOCS / "findings" not in page.parents and page.name != "CONTRIBUTING.md"
]
"""The pages that somebody wrote: the README and those of ``docs/``."""


def extension(name: str) -> ModuleType:
    """A module of the site's own, which is in no package."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "_extensions" / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prose(page: Path) -> str:
    return re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)


# The site.


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built where a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    build = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0 and "WARNING" not in build.stderr, build.stderr[-3000:]
    return folder


class Loaded(HTMLParser):
    """The addresses from which a browser loads something when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        name = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src"}.get(tag, "")
        if tag != "link" or attributes.get("rel") in ("stylesheet", "preload", "preconnect", "icon"):
            self.addresses.add(attributes.get(name) or "")


def test_the_site_loads_nothing_from_other_hosts(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 60
    for page in pages:
        loaded = Loaded()
        loaded.feed(page.read_text("utf-8"))
        assert len(loaded.addresses) > 2
        assert [address for address in loaded.addresses if re.match(r"(\w+:)?//", address)] == [], page
        assert "fonts.g" not in page.read_text("utf-8")


def test_the_site_documents_the_python_api_with_its_examples(site: Path) -> None:
    metrics = (site / "reference/python/metrics.html").read_text("utf-8")
    assert 'id="model_lab.metrics._base.Metric"' in metrics and 'id="model_lab.metrics.text.normalise"' in metrics
    assert '<span class="gp">&gt;&gt;&gt; </span>' in metrics
    assert 'id="model_lab.contract.ModelCard"' in (site / "reference/python/contract.html").read_text("utf-8")
    assert 'id="model_lab.api.evaluate"' in (site / "reference/python/api.html").read_text("utf-8")


def test_doctests_are_fenced_and_nothing_else() -> None:
    fenced = extension("doctest_blocks").fenced
    assert fenced("One.\n\n>>> 1 + (\n...   1)\n2\n\nTwo.") == "One.\n\n```pycon\n>>> 1 + (\n...   1)\n2\n```\n\nTwo."
    assert (
        fenced("Examples:\n    >>> a\n    [1]\n\n    Text.")
        == "Examples:\n    ```pycon\n    >>> a\n    [1]\n    ```\n\n    Text."
    )
    assert fenced("A >>> b, and [text](link).") == "A >>> b, and [text](link)."


# Links, which are to lead somewhere on a forge, too.


def anchors(page: Path) -> set[str]:
    """The fragments that a forge gives the headings of a page, and those that it has itself."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)">', page.read_text("utf-8")))


@pytest.mark.parametrize("page", [*PAGES, COMMAND_LINE], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    for link in re.findall(r"(?<!\\)\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(page))):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.is_file(), link
        if anchor and DOCS / "reference/python" not in target.parents:
            assert anchor in anchors(target), link


def test_the_readme_is_short_and_leads_to_every_part() -> None:
    text = README.read_text("utf-8")
    assert len(text.splitlines()) < 200
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    pages = set(re.findall(r": ([\w/-]+\.md)$", config, re.MULTILINE))
    for page in pages - {"index.md", "findings/matrix.md", "findings/evidence.md"}:
        assert f"docs/{page}" in text or page.startswith("reference/python/"), f"the README does not lead to {page}"


# What the pages say of the code.


def strings(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_environment_variable_is_documented_and_no_other() -> None:
    files = (ROOT / "model_lab").rglob("*.py")
    read = {text for path in files for text in strings(path) if re.fullmatch(r"MODEL_LAB_[A-Z_]+", text)}
    page = (DOCS / "reference/environment-variables.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `(MODEL_LAB_\w+)` \|", page, re.MULTILINE))
    assert {"MODEL_LAB_CACHE", "MODEL_LAB_THREADS"} < read
    assert documented == read
    assert all(line.count("|") == 5 for line in page.splitlines() if line.startswith("| `"))


def test_the_hubs_variables_that_are_read_are_documented() -> None:
    page = (DOCS / "reference/environment-variables.md").read_text("utf-8")
    files = (ROOT / "model_lab").rglob("*.py")
    read = {text for path in files for text in strings(path) if re.fullmatch(r"(HF|HUGGING_FACE|XDG|CUDA)_[A-Z_]+", text)}
    assert {"HF_HUB_CACHE", "XDG_CACHE_HOME"} < read
    assert {name for name in read if f"`{name}`" not in page} == set()


def test_every_room_is_in_the_table_with_its_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    rooms = [(str(number), room.strip()) for number, layer in enumerate(layers, 1) for room in layer.split("|")]
    page = (DOCS / "architecture.md").read_text("utf-8")
    assert re.findall(r"^\| (\d+) \| `(\w+)` \|", page, re.MULTILINE) == rooms


def named(dotted: str) -> object:
    """What a dotted name below ``model_lab`` names; raises `AttributeError` or `ImportError` if nothing."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    raise ImportError(dotted)


def test_the_pictures_of_the_architecture_name_what_is_there_and_are_current() -> None:
    pytest.importorskip("gradio")
    pictures = extension("flow_pictures")
    assert sorted(pictures.PICTURES) == ["click", "sample", "sprint"]
    for name, (title, steps) in pictures.PICTURES.items():
        assert (pictures.FOLDER / f"{name}.svg").read_text("utf-8") == pictures.draw(title, steps), "run: make docs"
        for step in steps:
            assert named(f"model_lab.{step.name}")


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_modules_and_files_that_a_page_names_are_there(page: Path) -> None:
    groups = {kind.group for kind in KINDS.values()}
    for span in re.findall(r"`([^`\n]+)`", prose(page)):
        if span in groups:
            continue
        if re.fullmatch(r"model_lab(\.\w+)+(\(.*\))?", span):
            assert named(span.partition("(")[0])
        elif re.fullmatch(r"model_lab/[\w./]+", span) and "my_" not in span:
            assert (ROOT / span).exists(), span


def test_every_group_of_entry_points_is_documented() -> None:
    page = (DOCS / "how-to/plug-in.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(model_lab\.\w+)` \|", page, re.MULTILINE)) == {kind.group for kind in KINDS.values()}


def test_the_routes_of_the_http_api_are_those_that_are_documented() -> None:
    fastapi, http = pytest.importorskip("fastapi"), pytest.importorskip("model_lab.ui.http")
    app = fastapi.FastAPI()
    app.include_router(http.router(None))
    routes = {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
    page = (DOCS / "how-to/server.md").read_text("utf-8")
    assert set(re.findall(r"`((?:GET|POST|DELETE) /api/[^`]+)`", page)) == routes


PRIVATE = (
    r"cannot be had",
    r"\bmend",
    r"stands in\b",
    r"is no sound",
    r"ask(s|ed)? no model",
    r"last words",
    r"opinion of a model",
    r"in words why",
    r"\b(is|was|are|were) (not )?asked\b",
    r"\bbring",
)
"""Turns of phrase for which the field has a plain one."""


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_are_in_plain_english(page: Path) -> None:
    for turn in PRIVATE:
        assert not (match := re.search(turn, prose(page))), match
