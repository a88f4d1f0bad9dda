"""One option of the command line for each kind of scenario."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated

import typer

from mmm_model.budget.scenario_kinds import SCENARIO_KINDS
from mmm_model.budget.scenario_kinds.kind import ScenarioKind


def with_scenario_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's ``**asked`` by an option for each of `SCENARIO_KINDS`.

    Typer reads the options off the signature, so this is where they are added; the command
    gets them as keywords, None where one is not given.
    """
    signature = inspect.signature(command, eval_str=True)
    own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    asked = [_option(kind) for kind in SCENARIO_KINDS.values()]
    command.__signature__ = signature.replace(parameters=[*asked, *own])  # type: ignore[attr-defined]
    return command


def _option(kind: type[ScenarioKind]) -> inspect.Parameter:
    names = [f"--{name.replace('_', '-')}" for name in (kind.key, *kind.also)]
    return inspect.Parameter(
        kind.key,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[
            float | None, typer.Option(*names, help=f"{kind.help[0].upper()}{kind.help[1:]}.")
        ],
    )
