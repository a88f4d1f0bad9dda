"""What the section ``graph`` makes of instruments."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mmm_assets.config.graph import GraphSection


def test_instruments_may_be_named_for_their_channel() -> None:
    section = GraphSection.model_validate(
        {"instruments": {"tv": ["cap", "budget"], "ooh": ["cap"]}, "required": [["tv", "ooh"]]}
    )
    assert section.nodes == {"tv", "ooh", "cap", "budget"}
    graph = section.settings(seed=0)
    assert graph.instruments == ("cap", "budget")
    assert graph.required == (("tv", "ooh"), ("cap", "tv"), ("budget", "tv"), ("cap", "ooh"))
    assert section.settings(0, nodes=["tv", "cap"]).required == (("cap", "tv"),)


def test_a_list_leaves_it_to_the_graph_what_they_move() -> None:
    section = GraphSection.model_validate({"instruments": ["cap"], "reading_errors": "none"})
    graph = section.settings(seed=0)
    assert (graph.instruments, graph.required, graph.reading_errors) == (("cap",), (), "none")
    with pytest.raises(ValidationError, match="'spend', 'all' or 'none'"):
        GraphSection.model_validate({"reading_errors": "some"})
