"""``model-lab env``: the environments that models run in."""

from __future__ import annotations

from model_lab.cli import tables
from model_lab.errors import BadConfig, NotRunnable, UnknownName, nearest
from model_lab.provision import builder, environments
from model_lab.registry import model_cards


def show() -> None:
    """Print the environments that are needed and those that are built, with sizes."""
    needed = {environment.key: environment for environment in environments.registered().values()}
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
    """Print which environments could share one, according to uv's resolver, and the conflicts between the others."""
    from model_lab.cli.screen import Screen
    from model_lab.provision import solver

    with Screen() as screen:
        screen.say("resolving shared environments with uv")
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
            print(f"{group.name} conflicts with {other}: {why}")


def build(names: list[str], every: bool) -> None:
    """Build the named environments and those of the named models, or all."""
    from model_lab.cli.screen import Screen

    registered = environments.registered()
    if not names and not every:
        raise BadConfig(f"no environment to build is named; name a model or one of: {', '.join(registered)}; or use --all")
    for name in names:
        if name not in registered and name not in model_cards.names():
            raise UnknownName(
                f"there is no environment or model {name!r}{nearest(name, [*registered, *model_cards.names()])}; see: model-lab env list"
            )
    selected = (
        registered
        if every
        else {environments.environment_name(model_cards.card(name)) if name not in registered else name for name in names}
    )
    failed = []
    with Screen() as screen:
        for environment in (candidate for candidate in registered.values() if candidate.name in selected):
            try:
                builder.build(environment, screen.say)
            except NotRunnable as error:
                screen.say(str(error))
                failed.append(environment.name)
    show()
    if failed:
        raise NotRunnable(f"{', '.join(failed)} could not be built; see the errors above")


def remove(names: list[str]) -> None:
    """Delete the named environments, or for ``stale`` all that no card needs any more."""
    if not names:
        raise BadConfig("no environment is named; name some as listed by model-lab env list, or: stale")
    built = {path.name: path for path in environments.existing()}
    current = {environment.key for environment in environments.registered().values()}
    for name in [key for key in built if key not in current] if names == ["stale"] else names:
        if name not in built:
            raise UnknownName(f"there is no environment {name!r}{nearest(name, built)}; see: model-lab env list")
        environments.remove(built[name])
    show()
