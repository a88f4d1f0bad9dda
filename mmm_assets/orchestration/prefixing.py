"""Definitions of assets, checks and ops under the names of a project.

They are written once, with plain names and a resource ``project``. Two projects in one code
location need two of each: Dagster refuses ops and resources of one name that differ.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

import dagster as dg
from dagster._core.definitions.decorators.op_decorator import DecoratedOpFunction

from mmm_assets.orchestration.names import Names

PROJECT = "project"
"""Parameter, and resource, by which a function is given its project."""

Assets = TypeVar("Assets", bound=dg.AssetsDefinition)


def under(names: Names, definition: Assets) -> Assets:
    """An asset, or a set of checks, with the keys, op and resource of a project."""
    if names.prefix is None:
        return definition
    moved = definition.with_attributes(asset_key_replacements=names.assets)
    attributes = {**moved.get_attributes_dict(), "node_def": op_under(names, definition.op)}
    # No public call changes the op of an asset. Dagster itself does it so, in map_asset_specs.
    return cast(Assets, type(definition).dagster_internal_init(**attributes))


def op_under(names: Names, op: dg.OpDefinition) -> dg.OpDefinition:
    """An op with the name and the resource of a project."""
    if names.prefix is None:
        return op
    function = op.compute_fn
    assert isinstance(function, DecoratedOpFunction)
    resource = names.word(PROJECT)
    return dg.OpDefinition(
        compute_fn=DecoratedOpFunction(_given_by(function.decorated_fn, resource)),
        name=names.word(op.name),
        ins={each.name: dg.In.from_definition(each) for each in op.input_defs},
        outs={each.name: dg.Out.from_definition(each) for each in op.output_defs},
        description=op.description,
        config_schema=op.config_schema,
        required_resource_keys=set(op.required_resource_keys) - {PROJECT} | {resource},
        tags=op.tags,
        retry_policy=op.retry_policy,
        code_version=op.version,
        pool=op.pool,
    )


def asked_for(names: Names, job: str, op: dg.OpDefinition, description: str) -> dg.JobDefinition:
    """A job of one op, which people start in the launchpad."""
    asked = op_under(names, op)

    @dg.job(name=names.word(job), description=description, executor_def=dg.in_process_executor)
    def answer() -> None:
        asked()

    return answer


def _given_by(function: Callable[..., Any], resource: str) -> Callable[..., Any]:
    """A function whose project comes in a parameter named after a resource, as Dagster wants it."""

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        return function(*arguments, **{PROJECT: named.pop(resource)}, **named)

    # Outputs are given to the op as they are: what the function says that it returns must go.
    found = inspect.signature(function).replace(return_annotation=inspect.Signature.empty)
    renamed = [
        each.replace(name=resource) if each.name == PROJECT else each
        for each in found.parameters.values()
    ]
    call.__signature__ = found.replace(parameters=renamed)  # type: ignore[attr-defined]
    hints = inspect.get_annotations(function)
    call.__annotations__ = {
        resource if key == PROJECT else key: hint for key, hint in hints.items() if key != "return"
    }
    return call
