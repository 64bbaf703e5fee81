"""The models: found by scanning folders, read without importing any loader."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from model_lab import capabilities, extensions, languages, revisions
from model_lab.contract import Bundle, ModelCard, WeightPaths
from model_lab.errors import BadConfig, ContractBroken, ModelLabError, nearest
from model_lab.extensions import Catalogue, Item, Problem, registry, registry_cache, shared_modules, translate_errors
from model_lab.registry import variants, weight_paths
from model_lab.schemas import parse, read_yaml

OLD_KEYS = {"proven": "verified", "executes": "trust_remote_code", "blocked": "unsupported_reason"}
"""Keys of cards before version 0.2, accepted in this one, and their new names."""


def names() -> tuple[str, ...]:
    """The names of all models, sorted, including unusable ones; reads folder names only."""
    return _MODELS.names()


def known(name: str) -> bool:
    """Whether ``name`` is the name of a model or of a variant of one."""
    return name.partition(variants.MARK)[0] in names()


def canonical(name: str) -> str:
    """The canonical name of a variant, however its options are ordered and written; any other name unchanged.

    Raises `BadConfig` for options that the model does not have, if the model is usable.
    """
    base = name.partition(variants.MARK)[0]
    return card(name).name if base != name and usable(base) and not variants.hashed(name) else name


def _read(item: Item) -> ModelCard:
    path = item.path / "config.yaml"
    with translate_errors(path):
        if not path.exists():
            raise BadConfig(f"{item.path} has no config.yaml; write it (model-lab schema model), or move the folder away")
        data = _renamed(read_yaml(path), path)
        if data.get("capabilities") == ["all"]:
            data["capabilities"] = [capability.name for capability in capabilities.capabilities()]
        parsed = parse(ModelCard, data, path)
    for name in parsed.capabilities:
        try:
            capabilities.capability(name)
        except ModelLabError as error:
            raise BadConfig(f"{path}: {error}") from None
    return parsed.model_copy(update={"name": item.name, "folder": item.path})


_MODELS = Catalogue(extensions.MODEL, _read)


def _renamed(data: dict[str, Any], path: Path) -> dict[str, Any]:
    """Rename old keys of a card, with a warning for each. Raises `BadConfig` if an old key and its new name are both there."""
    for old in sorted(OLD_KEYS.keys() & data.keys()):
        new = OLD_KEYS[old]
        if new in data:
            raise BadConfig(f"{path} has both {old!r} and {new!r}, which is its new name; remove {old!r}")
        warnings.warn(f"{path}: the key {old!r} is now called {new!r}; rename it: the next release refuses it", FutureWarning, 2)
    return {OLD_KEYS.get(key, key): value for key, value in data.items()}


def with_old_keys(row: Mapping[str, Any]) -> dict[str, Any]:
    """A card as it is printed as JSON, with the old names of keys added for one more release."""
    return {**row, **{old: row[new] for old, new in OLD_KEYS.items() if new in row}}


@registry_cache
def card(name: str) -> ModelCard:
    """The card of one model, or of a variant of one, NAME@OPTION=VALUE,OPTION=VALUE: the same with these options.

    Raises `UnknownName` with the nearest model, `BadConfig` if its config.yaml is wrong or it does not have an option.
    """
    base, marked, options = name.partition(variants.MARK)
    if variants.hashed(name):
        raise BadConfig(f"{name} stands for options that are too long for a name and that only a run knows; set them with --set")
    if marked:
        return variant(card(base), variants.options(options, name))
    parsed = read(name)
    try:
        for tag in parsed.languages:
            languages.canonical(tag)
    except ValueError as error:
        raise BadConfig(f"{parsed.folder / 'config.yaml'}: languages: {error}") from None
    return parsed


def read(name: str) -> ModelCard:
    """The card of one model, its languages unchecked: for a worker, whose environment has no table of languages."""
    return _MODELS.get(name)


def usable(name: str) -> ModelCard | None:
    """The card of one model, or of a variant of one; None if it is missing or unusable."""
    try:
        return card(name)
    except ModelLabError:
        return None


def cards(also: Mapping[str, Mapping[str, Any]] = MappingProxyType({})) -> tuple[ModelCard, ...]:
    """All usable cards, by name, and those of the variants in ``also`` (name -> options, as a run stores them)."""
    return with_variants([one for name in names() if (one := usable(name))], also)


def with_variants(models: Iterable[ModelCard], also: Mapping[str, Mapping[str, Any]]) -> tuple[ModelCard, ...]:
    """``models``, by name, and their variants in ``also``; a variant with options that its model no longer has is left out."""
    card_of_name = {one.name: one for one in models}
    for name, options in also.items():
        base = card_of_name.get(name.partition(variants.MARK)[0])
        if base is not None and name != base.name:
            with suppress(BadConfig):
                card_of_name[name] = with_options(base, dict(options)).model_copy(update={"name": name})
    return tuple(card_of_name[name] for name in sorted(card_of_name))


def problems() -> list[Problem]:
    """The problems of unusable models."""
    unusable_cards = list(registry().scan_problems(extensions.MODEL))
    for name in names():
        try:
            card(name)
        except ModelLabError as error:
            unusable_cards.append(Problem("model", name, str(error)))
    return unusable_cards


def configured(name: str, options: Mapping[str, Any]) -> ModelCard:
    """The card of a model, or of a variant of one, with the options of a run.

    Raises `UnknownName` for an unknown model, `BadConfig` for an option that it does not have, or a value of another type.
    """
    return with_options(card(name.partition(variants.MARK)[0]), dict(options)).model_copy(update={"name": name})


def which(card: ModelCard, capability: str) -> str:
    """The capability to use: ``capability``, or if that is empty the model's only one. Raises `BadConfig` if it has no such one, or several."""
    if not capability and len(card.capabilities) > 1:
        raise BadConfig(f"{card.name} can {', '.join(card.capabilities)}; choose with --capability")
    name = capability or card.capabilities[0]
    if name not in card.capabilities:
        raise BadConfig(f"{card.name} cannot {name!r}{nearest(name, card.capabilities)}; it can: {', '.join(card.capabilities)}")
    return name


def common(cards: Sequence[ModelCard], capability: str) -> str:
    """The capability to use with all ``cards``: ``capability``, or if that is empty the only one they share.

    Raises `BadConfig` if there is none, or several.
    """
    shared = [name for name in cards[0].capabilities if all(name in card.capabilities for card in cards)]
    if capability or len(cards) == 1:
        [name] = {which(card, capability) for card in cards}
        return name
    if len(shared) == 1:
        return shared[0]
    names = ", ".join(card.name for card in cards)
    raise BadConfig(
        f"{names} can all {', '.join(shared)}; choose with --capability" if shared else f"{names} have no capability in common"
    )


def with_options(card: ModelCard, options: dict[str, object]) -> ModelCard:
    """The card with some options changed; raises `BadConfig` for an option it does not have, or a value of another type."""
    changed = dict(card.options)
    for key, value in options.items():
        if key not in card.options:
            raise BadConfig(
                f"{card.name} has no option {key!r}{nearest(key, card.options)}; it has: {', '.join(card.options) or 'none'}"
            )
        try:
            changed[key] = variants.fitted(value, card.options[key])
        except ValueError as expected:
            raise BadConfig(f"{card.name}: option {key} is {value!r}; expected {expected}") from None
    return card.model_copy(update={"options": changed})


def variant(model: ModelCard, options: dict[str, object]) -> ModelCard:
    """The card with some options changed, under the name of that variant.

    Raises `BadConfig` for an option it does not have, or a value of another type.
    """
    base = card(model.base)
    changed = with_options(base, {**model.options, **options})
    return changed.model_copy(update={"name": variants.name(base.name, changed.options, base.options)})


def revision(card: ModelCard) -> str:
    """Under which its answers are recorded: `code_revision`, or the earlier one that it stands for (`model_lab.revisions`)."""
    return revisions.recorded("models", code_revision(card))


def code_revision(card: ModelCard) -> str:
    """A hash of everything that decides its answers: its folder (code, requirements, checksums of weights) and the modules it shares.

    Returns:
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    with translate_errors(card.folder):
        for path in sorted(card.folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(os.fsencode(path.relative_to(card.folder).as_posix()) + b"\0" + path.read_bytes() + b"\0")
        loader = card.folder / "loader.py"
        for path in sorted(shared_modules(loader, _loader_name(card))) if loader.is_file() else ():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def load_here(card: ModelCard, device: str, weights: WeightPaths | None = None) -> Bundle:
    """Load a model into this process: for workers, and for authors who try a loader in its own environment.

    ``weights``: their paths, from the host of a worker; looked up here if None.
    """
    located = card.with_weights(weights or weight_paths.locate(card))
    bundle = loader(card)(located, device)
    if not isinstance(bundle, Bundle):
        raise ContractBroken(f"{card.folder / 'loader.py'}: load() returned {type(bundle).__name__}; expected Bundle")
    return bundle


def loader(card: ModelCard) -> Callable[[ModelCard, str], object]:
    """The function ``load`` of a model, imported into this process; raises `ContractBroken` if there is none."""
    path = card.folder / "loader.py"
    if not path.is_file():
        raise ContractBroken(f"{card.folder} has no loader.py; write load(card, device) -> Bundle there")
    load: object = getattr(_item(card).load_module("loader"), "load", None)
    if not callable(load):
        raise ContractBroken(f"{path} has no function load(card, device) -> Bundle; write it")
    return load


def _item(card: ModelCard) -> Item:
    """The item that a card was read from; for an unregistered card, its folder."""
    item = registry().items(extensions.MODEL).get(card.base)
    if item is not None and item.path == card.folder:
        return item
    return Item(extensions.MODEL, card.base, str(card.folder.parent), card.folder)


def _loader_name(card: ModelCard) -> str:
    """The module name of the loader of an installed package's model; empty for any other."""
    item = _item(card)
    return f"{item.module}.loader" if item.module and not item.packaged else ""
