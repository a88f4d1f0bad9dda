"""Power cuts at every moment of a refresh and of a backup: what was not synced is gone.

A child process is run under ``strace``, which writes down every change of the project's files:
writes, syncs, renames, removals, those of DuckDB too. They are made again in a model of a disk
that knows of each file and folder what was synced and what was only written. After each of them
the power is cut: what is left is written to a folder, finished as the next run would, and
opened. Two kinds of disk are tried, as what was not synced may be lost or not:

- *lost*: neither names nor content that were not brought to disk are there;
- *names*: all names are there, and of files only what was synced.

The published week must be the old or the new one as a whole, everything must be readable, a
backup must be whole or not be there. Part of ``make soak``; needs Linux and ``strace``. EVERY sets
how many moments are left out between two that are tried (1: none).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

import pandas as pd  # noqa: E402
from writing import write  # noqa: E402

from mmm_assets.config import load_config  # noqa: E402
from mmm_assets.inputs.kept_loads import loading  # noqa: E402
from mmm_assets.orchestration.publication import finish_interrupted  # noqa: E402
from mmm_assets.store.backup import back_up  # noqa: E402
from mmm_assets.store.errors import WarehouseError  # noqa: E402
from mmm_assets.store.manifest import MANIFEST, Manifest  # noqa: E402
from mmm_assets.store.project import Project  # noqa: E402
from mmm_assets.store.verification import faults as unreadable  # noqa: E402
from tests.mmm_assets.killing import Digest, published  # noqa: E402
from tests.mmm_assets.tiny_project import run_week, write_tiniest  # noqa: E402

EVERY = int(os.environ.get("EVERY", "1"))
FIRST, SECOND = date(2023, 10, 23), date(2023, 10, 30)
CALLS = (
    "openat,open,creat,close,lseek,write,pwrite64,writev,pwritev,sendfile,copy_file_range,"
    "ftruncate,truncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,"
    "linkat,mkdir,mkdirat"
)


DAGSTER = "dagster"
"""Folder of Dagster's records of its runs, which are not ours and which nothing here needs."""


@dataclass
class File:
    """Content as written, and as it is on the disk."""

    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""


@dataclass
class Folder:
    """Names as they are, and as they are on the disk."""

    now: dict[str, File | Folder] = field(default_factory=dict)
    synced: dict[str, File | Folder] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path) -> Folder:
        """A folder that has been on the disk for long."""
        found = cls()
        for entry in path.iterdir():
            if entry.name == DAGSTER:
                continue
            data = b"" if entry.is_dir() else entry.read_bytes()
            found.now[entry.name] = cls.of(entry) if entry.is_dir() else File(bytearray(data), data)
        found.synced = dict(found.now)
        return found

    def leave(self, path: Path, names: str) -> None:
        """Write what a power cut leaves; ``names`` is ``synced`` or ``now``."""
        path.mkdir()
        for name, entry in getattr(self, names).items():
            if isinstance(entry, Folder):
                entry.leave(path / name, names)
            else:
                (path / name).write_bytes(entry.synced)


class Disk:
    """A project's folder, to which the calls of a trace are made again."""

    def __init__(self, folder: Path) -> None:
        self.place = folder
        self.root = Folder.of(folder)
        self.positions: dict[str, int] = {}

    def find(self, path: str) -> tuple[Folder, str] | None:
        """The folder that holds a path, and its name there; None outside of the project."""
        if not path.startswith(f"{self.place}/"):
            return None
        *above, name = Path(path).relative_to(self.place).parts
        if DAGSTER in above:
            return None
        folder = self.root
        for part in above:
            entry = folder.now.get(part)
            if not isinstance(entry, Folder):
                return None
            folder = entry
        return folder, name

    def get(self, path: str) -> File | Folder | None:
        """What a path leads to."""
        if path == str(self.place):
            return self.root
        found = self.find(path)
        return found[0].now.get(found[1]) if found else None

    def put(self, path: str, entry: File | Folder | None) -> bool:
        """Give a path something else, or nothing; return whether that is a change."""
        found = self.find(path)
        if found is None:
            return False
        folder, name = found
        if entry is None:
            return folder.now.pop(name, None) is not None
        folder.now[name] = entry
        return True

    def write(self, path: str, at: int, data: bytes) -> bool:
        """Write into a file."""
        file = self.get(path)
        if not isinstance(file, File):
            return False
        file.data.extend(b"\0" * (at - len(file.data)))
        file.data[at : at + len(data)] = data
        return True

    def sync(self, path: str) -> bool:
        """Bring a file or the names in a folder to the disk."""
        entry = self.get(path)
        if isinstance(entry, File):
            entry.synced = bytes(entry.data)
        elif isinstance(entry, Folder):
            entry.synced = dict(entry.now)
        return entry is not None


_LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)(?:<(.*?)>)?(?: .*)?$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_DESCRIPTOR = re.compile(r"(\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>")


def calls(trace: Path) -> Iterator[tuple[str, str, int, str | None]]:
    """Name, arguments, result and opened path of each call that succeeded, in their order."""
    waiting: dict[str, str] = {}
    with trace.open() as lines:
        for line in lines:
            text = line.rstrip("\n")
            thread = text.split(" ", 1)[0]
            if text.endswith("<unfinished ...>"):
                waiting[thread] = text.removesuffix("<unfinished ...>").rstrip()
                continue
            if "resumed>" in text:
                text = waiting.pop(thread, "") + text.split("resumed>", 1)[1]
            found = _LINE.match(text)
            if found and int(found[4]) >= 0:
                yield found[2], found[3], int(found[4]), found[5] and _plain(found[5])


def _plain(text: str) -> str:
    return bytes.fromhex(text.replace("\\x", "")).decode(errors="replace")


def replay(disk: Disk, trace: Path) -> Iterator[str]:
    """Make the calls of a trace; after each that changed something, say what it was."""
    for name, arguments, result, opened in calls(trace):
        texts = [bytes.fromhex(m[1].replace("\\x", "")) for m in _TEXT.finditer(arguments)]
        assert not any(m[2] for m in _TEXT.finditer(arguments)), "strace cut a text short"
        held = [(number, _plain(path)) for number, path in _DESCRIPTOR.findall(arguments)]
        if _make(disk, name, arguments, texts, held, result, opened):
            yield f"{name} {[Path(path).name for _, path in held if 'FDCWD' not in path]}"


def _make(
    disk: Disk, name: str, arguments: str, texts: list[bytes], held: list[tuple[str, str]],
    result: int, opened: str | None,
) -> bool:  # fmt: skip
    own = held[0] if held else ("", "")
    paths = [os.path.normpath(Path(_base(arguments, number), text.decode(errors="replace")))
             for number, text in enumerate(texts)]  # fmt: skip
    if name in ("openat", "open", "creat"):
        disk.positions[str(result)] = 0
        if opened is None or disk.find(opened) is None or "O_DIRECTORY" in arguments:
            return False
        if "O_CREAT" in arguments and disk.get(opened) is None:
            return disk.put(opened, File())
        file = disk.get(opened)
        if "O_APPEND" in arguments and isinstance(file, File):
            disk.positions[str(result)] = len(file.data)
        if "O_TRUNC" in arguments and isinstance(file, File):
            file.data.clear()
            return True
        return False
    if name in ("fsync", "fdatasync"):
        return disk.sync(own[1])
    if name == "lseek":
        disk.positions[own[0]] = result
        return False
    if name == "write":
        at = disk.positions.get(own[0], 0)
        disk.positions[own[0]] = at + result
        return disk.write(own[1], at, texts[0][:result]) if texts else False
    if name == "pwrite64":
        return disk.write(own[1], int(arguments.rsplit(", ", 1)[1]), texts[0][:result])
    if name in ("sendfile", "copy_file_range"):
        return _copied(disk, name, arguments, held, result)
    if name in ("writev", "pwritev"):
        assert disk.find(own[1]) is None, f"{name} is not known here"
        return False
    if name in ("ftruncate", "truncate"):
        file = disk.get(own[1] if name == "ftruncate" else paths[0])
        size = int(arguments.rsplit(", ", 1)[1])
        if isinstance(file, File):
            del file.data[size:]
            file.data.extend(b"\0" * (size - len(file.data)))
        return isinstance(file, File)
    if name.startswith("rename"):
        entry = disk.get(paths[0])
        if entry is None:
            return False
        return disk.put(paths[1], entry) and disk.put(paths[0], None)
    if name.startswith("unlink") or name == "rmdir":
        return disk.put(paths[0], None)
    if name.startswith("link"):
        return disk.put(paths[1], disk.get(paths[0]))
    if name.startswith("mkdir"):
        return disk.put(paths[0], Folder())
    return False


def _base(arguments: str, number: int) -> str:
    """Folder from which a path of a call counts, if it is relative."""
    found = [_plain(path) for descriptor, path in _DESCRIPTOR.findall(arguments)]
    return found[min(number, len(found) - 1)] if found else str(Path.cwd())


def _copied(
    disk: Disk, name: str, arguments: str, held: list[tuple[str, str]], result: int
) -> bool:
    out, source = (held[0], held[1]) if name == "sendfile" else (held[1], held[0])
    file = disk.get(source[1])
    data = bytes(file.data) if isinstance(file, File) else b""
    if disk.find(out[1]) is None or not result:
        return False
    if not isinstance(file, File):
        data = Path(source[1]).read_bytes()
    found = re.search(r"\[(\d+)\]", arguments)
    begin = int(found[1]) if found else disk.positions.get(source[0], 0)
    at = disk.positions.get(out[0], 0)
    disk.positions[out[0]] = at + result
    return disk.write(out[1], at, data[begin : begin + result])


def traced(folder: Path, action: str, trace: Path) -> None:
    """Do one of ``ACTIONS`` to a project in a process of its own, and write down its calls."""
    subprocess.run(
        ["strace", "-f", "-qq", "-y", "-xx", "-s", str(2**26), "-e", f"trace={CALLS}",
         "-e", "signal=none", "-o", str(trace), sys.executable, __file__, action, str(folder)],
        check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def refresh_again(folder: Path) -> None:
    """Refresh a week that is published, from another KPI."""
    assert run_week(load_config(folder / "mmm.yaml"), FIRST).status == "published"


def refresh_next(folder: Path) -> None:
    """Refresh a week that was never refreshed."""
    assert run_week(load_config(folder / "mmm.yaml"), SECOND).status == "published"


def backed_up(folder: Path) -> None:
    """Back the project up."""
    back_up(Project(load_config(folder / "mmm.yaml")), None, print)


ACTIONS: dict[str, Callable[[Path], None]] = {
    "refresh again": refresh_again,
    "refresh next": refresh_next,
    "backup": backed_up,
}


def judge(folder: Path, states: list[dict[date, Digest]]) -> list[str]:
    """Say what is wrong with what a power cut left."""
    config = load_config(folder / "mmm.yaml")
    project = Project(config)
    found = []
    try:
        finish_interrupted(project)
        with loading(project.warehouse):
            pass  # a load of which the file alone is there is taken in
        found += unreadable(project)
        if published(config) not in states:
            found.append("what is published is no whole state")
    except Exception as error:
        found.append(f"{type(error).__name__}: {error}")
    for manifest in (folder / "backups").glob(f"[!.]*/{MANIFEST}"):
        with suppress(WarehouseError):
            Manifest.read(manifest.parent).require_whole(manifest.parent)
            continue
        found.append(f"the backup {manifest.parent.name} is not whole")
    for backup in (folder / "backups").glob("[!.]*"):
        if not (backup / MANIFEST).exists():
            found.append(f"the backup {backup.name} has no manifest")
    return found


def cut(folder: Path, action: str, scratch: Path) -> dict[str, object]:
    """Do something once, and cut the power after each call that it makes."""
    before = published(load_config(folder / "mmm.yaml"))
    disk, trace = Disk(folder), scratch / "trace"
    traced(folder, action, trace)
    states = [before, published(load_config(folder / "mmm.yaml"))]
    tried: Counter[str] = Counter()
    found: Counter[str] = Counter()
    left, last = scratch / "left", ""
    for number, said in enumerate(replay(disk, trace)):
        # Of writes in a row the last alone can leave something that the others did not.
        if said == last or number % EVERY:
            continue
        last = said
        for names in ("synced", "now"):
            shutil.rmtree(left, ignore_errors=True)
            disk.root.leave(left, names)
            for fault in judge(left, states):
                found[f"{names}, after {said}: {fault.replace(str(left), '')[:160]}"] += 1
            tried[names] += 1
    trace.unlink()
    same = _same(disk.root, folder)
    faults = [f"{what} ({times} times)" for what, times in found.items()]
    return {"action": action, "calls": number + 1, "cuts": tried.total(), "model agrees": same,
            "faults": faults}  # fmt: skip


def _same(model: Folder, folder: Path) -> bool:
    """Whether the model of the disk ended as the disk did."""
    return all(
        _same(entry, folder / name) if isinstance(entry, Folder)
        else (folder / name).read_bytes() == bytes(entry.data)
        for name, entry in model.now.items()
    )  # fmt: skip


def main() -> None:
    """Cut refreshes and a backup short; print and write what was found."""
    if len(sys.argv) == 3:
        ACTIONS[sys.argv[1]](Path(sys.argv[2]))
        return
    if shutil.which("strace") is None:
        print("power cuts were not tried: strace is not installed")
        return
    memory = Path("/dev/shm")
    rows = []
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = Path(name) / "project"
        folder.mkdir()
        write_tiniest(folder)
        refresh_again(folder)
        kpi = pd.read_csv(folder / "kpi.csv")
        kpi.assign(sales=kpi["sales"] * 1.01).to_csv(folder / "kpi.csv", index=False)
        for action in ACTIONS:
            rows.append(cut(folder, action, Path(name)))
            print(json.dumps(rows[-1], indent=1), flush=True)
    write("power_cuts", rows)
    if any(row["faults"] or not row["model agrees"] for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
