"""The house in numbers: rooms of each package, arrows between them, circles between files.

A room is a folder or a file at the top of a package; a file there that nothing inside imports is
a door: a name by which Dagster, a terminal or an older home enters. An arrow is a pair of rooms of
which one imports the other; a circle is a set of files that import each other, also inside
functions.
"""

from __future__ import annotations

from pathlib import Path

import grimp
import networkx as nx

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("mmm_model", "mmm_assets")


def main() -> None:
    """Print a line for each package, and every circle."""
    graph = grimp.build_graph(*PACKAGES)
    files = nx.DiGraph(
        (importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    )
    heads = ("rooms", "doors", "arrows", "files", "lines", "longest")
    print("package     " + "".join(f"{head:>8}" for head in heads))
    for package in PACKAGES:
        top = sorted(graph.find_children(package))
        doors = {m for m in top if not _entered(files, m, package)}
        doors = {m for m in doors if (ROOT / m.replace(".", "/")).with_suffix(".py").exists()}
        arrows = {
            (_room(importer), _room(imported))
            for importer, imported in files.edges
            if _room(importer) != _room(imported)
            and {_package(importer), _package(imported)} == {package}
            and package not in (_room(importer), _room(imported))
            and _room(importer) not in doors
        }
        lengths = [len(file.read_text().splitlines()) for file in (ROOT / package).rglob("*.py")]
        found = (len(top) - len(doors), len(doors), len(arrows), len(lengths), sum(lengths))
        print(f"{package:12}" + "".join(f"{n:8}" for n in (*found, max(lengths))))
    circles = [sorted(c) for c in nx.strongly_connected_components(files) if len(c) > 1]
    print(f"circles of files: {len(circles)}")
    for circle in circles:
        print("  " + ", ".join(circle))


def _entered(files: nx.DiGraph, module: str, package: str) -> bool:
    """Whether a file of another room, and no door, imports a file of this one."""
    doors = {f"{package}.__main__", f"{package}.location"}
    inside = [m for m in files if m == module or m.startswith(f"{module}.")]
    importers = {importer for m in inside for importer in files.predecessors(m)}
    return any(_room(m) != module and m not in doors for m in importers)


def _package(module: str) -> str:
    return module.split(".")[0]


def _room(module: str) -> str:
    """``mmm_model.fit.search`` is in the room ``mmm_model.fit``."""
    return ".".join(module.split(".")[:2])


if __name__ == "__main__":
    main()
