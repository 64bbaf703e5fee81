"""Whether loaders can be imported in their environments, without loading a model: one interpreter per environment.

The child process writes a line of JSON for each loader. If one crashes the interpreter, those after it are tried in another.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from model_lab.contract import ModelCard
from model_lab.errors import ModelLabError
from model_lab.extensions import registry, shared_modules, translate_errors

TIMEOUT_S = 120.0

# As for workers, the package is passed by path: nothing else of the host is visible in the models' environment.
_BOOT = """
import sys, importlib.util as util
spec = util.spec_from_file_location("model_lab", sys.argv[1] + "/__init__.py", submodule_search_locations=[sys.argv[1]])
sys.modules["model_lab"] = package = util.module_from_spec(spec)
spec.loader.exec_module(package)
from model_lab.provision.import_check import main
main(sys.argv[2:])
"""


def problems(cards: Iterable[ModelCard]) -> Iterator[tuple[ModelCard, str]]:
    """Every card with the problem of its loader, "" if there is none; grouped by environment.

    Raises `NotRunnable` for a card whose environment is not built.
    """
    from model_lab.provision import environments

    where = {card.name: environments.python_for(card)[0] for card in cards}
    by_python = sorted(cards, key=lambda card: where[card.name])
    for python, together in groupby(by_python, key=lambda card: where[card.name]):
        yield from _of(python, list(together))


def _of(python: str, cards: Sequence[ModelCard]) -> Iterator[tuple[ModelCard, str]]:
    while cards:
        messages, last_line = _run_child(python, [card.name for card in cards])
        yield from zip(cards, messages, strict=False)
        cards = cards[len(messages) :]
        if cards:
            yield cards[0], f"importing its loader ended the interpreter{last_line}"
            cards = cards[1:]


def _run_child(python: str, names: Sequence[str]) -> tuple[list[str], str]:
    """The child's messages about the loaders, in order, as far as it got; and its last stderr line."""
    from model_lab.provision.environments import PACKAGE, WITHHELD

    command = [python, "-P", "-s", "-c", _BOOT, str(PACKAGE), *names]
    variables = {key: value for key, value in os.environ.items() if key not in WITHHELD} | registry().handover()
    try:
        done = subprocess.run(
            command, env=variables, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False
        )
        out, stderr = done.stdout, done.stderr
    except subprocess.TimeoutExpired as error:
        out, stderr = error.stdout or b"", f"it had not ended after {TIMEOUT_S:g} s".encode()
    last_lines = stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
    return [json.loads(line) for line in out.splitlines()], f": {last_lines[0][:300]}" if last_lines else ""


def main(names: Sequence[str]) -> None:
    """The child process: import the loader of each model, and write its problem, one JSON string per line."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)  # whatever loaders print goes to stderr
        for name in names:
            print(json.dumps(_problem(name)), file=out, flush=True)


def _problem(name: str) -> str:
    from model_lab.registry import model_cards

    card = model_cards.read(name)
    try:
        with translate_errors(card.folder / "loader.py"):
            model_cards.loader(card)
            absent = sorted(package for package in _packages(card.folder) if find_spec(package) is None)
    except ModelLabError as error:
        return str(error)
    return (
        f"its loader imports {', '.join(absent)}, not in its environment; add it to install.pip in config.yaml" if absent else ""
    )


def _packages(folder: Path) -> Iterator[str]:
    """The third-party packages that a model's loader and its shared modules import, except inside ``try``."""
    loader = folder / "loader.py"
    own = {path.stem for path in folder.iterdir()} | {"model_lab"} | sys.stdlib_module_names
    for path in (loader, *shared_modules(loader)):
        for statement in _sure(ast.parse(path.read_text("utf-8"))):
            yield from (root for name in _named(statement) if (root := name.partition(".")[0]) not in own)


def _sure(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and everything in it, except the contents of ``try``."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Try):
            yield from _sure(child)


def _named(statement: ast.AST) -> Iterator[str]:
    match statement:
        case ast.Import(names=aliases):
            yield from (alias.name for alias in aliases)
        case ast.ImportFrom(module=str(module), level=0):
            yield module
