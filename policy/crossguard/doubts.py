"""Doubts: why a resource may not have, in AWS, the settings that the program declares.

A finding about a resource with a doubt can't pass (`catalogue.judge`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from crossguard.graph import Graph
from crossguard.resources import PulumiResource
from hipaa_controls.model.values import Unknown

DoubtSource = Callable[[PulumiResource, Graph], Iterator[Unknown]]

SOURCES: tuple[DoubtSource, ...] = ()


def doubts(graph: Graph) -> dict[str, tuple[Unknown, ...]]:
    """Return the doubts about each resource of the graph that has any, by its URN."""
    found = {
        resource.urn: tuple(doubt for source in SOURCES for doubt in source(resource, graph))
        for resource in graph.resources
    }
    return {urn: reasons for urn, reasons in found.items() if reasons}
