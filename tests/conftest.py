"""What tests of all rooms share: threads, memory, folders, a headless Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

# Workers share the machine; threads that wait for each other would only spin. Before torch loads.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What the product writes is synced, for which a disk makes its tests wait; where there is room,
# they write into memory. Trials of power cuts are among the benchmarks.
_MEMORY, _ROOM = Path("/dev/shm"), 6 * 2**30
if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Fill a folder of this name once, whichever worker asks first, for all of them to read."""
    everyone = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        everyone = everyone.parent

    def folder_of(name: str, build: Callable[[Path], None]) -> Path:
        folder, done = everyone / name, everyone / f"{name}.done"
        with FileLock(everyone / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # of a worker whose build failed
                folder.mkdir()
                build(folder)
                os.environ.pop("DAGSTER_HOME", None)  # that of this project
                done.touch()
        return folder

    return folder_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give one worker the tests of the refreshed project, and the rest to the others meanwhile.

    Work is dealt out in runs of the list; two workers that begin with it would wait for each other.
    """
    items.sort(key=lambda item: "refreshed" not in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser; without one the test is skipped, except where CI promises one."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        why = f"no browser found; install one of {', '.join(_NAMES)}"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_QUIET))
        yield browser
        browser.close()
