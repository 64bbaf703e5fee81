"""``model-lab env``: the environments models run in."""

from __future__ import annotations

from model_lab.cli import tables
from model_lab.errors import BadConfig, NotRunnable, UnknownName, nearest
from model_lab.provision import builder, environments
from model_lab.registry import model_cards


def show() -> None:
    """Print what is needed and what is built, with sizes."""
    needed = {found.key: found for found in environments.registered().values()}
    built = {path.name: path for path in environments.existing()}
    tables.show(
        [
            {
                "name": key,
                "models": len(needed[key].cards) if key in needed else 0,
                "built": key in built,
                "size": f"{environments.size_gb(built[key]):.2f} GB" if key in built else "",
                "in use": key in needed,
            }
            for key in sorted(needed.keys() | built.keys())
        ],
        False,
    )


def plan() -> None:
    """Print which environments one would do for, found by a resolver, and the conflicts that keep the rest apart."""
    from model_lab.cli.screen import Screen
    from model_lab.provision import solver

    with Screen() as screen:
        screen.say("asking uv what fits together")
        groups = solver.plan(environments.registered().values())
    tables.show(
        [
            {
                "environment": " + ".join(member.name for member in group.members),
                "models": ", ".join(group.models) if len(group.models) < 6 else f"{len(group.models)} models",
            }
            for group in groups
        ],
        False,
    )
    for group in groups:
        for other, why in group.conflicts.items():
            print(f"{group.name} is apart from {other}: {why}")


def build(names: list[str], every: bool) -> None:
    """Build the environments that are named, or that the named models run in, or all."""
    from model_lab.cli.screen import Screen

    known = environments.registered()
    if not names and not every:
        raise BadConfig(f"nothing is named to build; name a model or one of: {', '.join(known)}; or say: --all")
    for name in names:
        if name not in known and name not in model_cards.names():
            raise UnknownName(
                f"there is no environment or model {name!r}{nearest(name, [*known, *model_cards.names()])}; see: model-lab env list"
            )
    meant = (
        known
        if every
        else {environments.environment_name(model_cards.card(name)) if name not in known else name for name in names}
    )
    failed = []
    with Screen() as screen:
        for environment in (found for found in known.values() if found.name in meant):
            try:
                builder.build(environment, screen.say)
            except NotRunnable as error:
                screen.say(str(error))
                failed.append(environment.name)
    show()
    if failed:
        raise NotRunnable(f"{', '.join(failed)} could not be built; the lines above say why")


def remove(names: list[str]) -> None:
    """Delete the named environments, or all that no card needs any more for ``stale``."""
    if not names:
        raise BadConfig("no environment is named; name some as listed by model-lab env list, or say: stale")
    built = {path.name: path for path in environments.existing()}
    current = {found.key for found in environments.registered().values()}
    for name in [key for key in built if key not in current] if names == ["stale"] else names:
        if name not in built:
            raise UnknownName(f"there is no environment {name!r}{nearest(name, built)}; see: model-lab env list")
        environments.remove(built[name])
    show()
