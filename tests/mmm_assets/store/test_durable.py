"""A file is the old one or the new one, whole, whenever somebody looks and whatever is killed."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

from mmm_assets.store.durable import copy_durably, write_durably

SIZE = 2_000_000


def write_for_ever(file: Path) -> None:
    while True:
        for letter in (b"a", b"b"):
            write_durably(file, letter * SIZE)


def test_a_reader_sees_whole_files_while_a_writer_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "report" / "index.html"
    write_durably(file, b"a" * SIZE)
    for _ in range(3):
        writer = multiprocessing.get_context("spawn").Process(target=write_for_ever, args=(file,))
        writer.start()
        started = time.monotonic()
        seen: set[bytes] = set()
        while len(seen) < 2 and time.monotonic() - started < 60:
            content = file.read_bytes()
            assert content in (b"a" * SIZE, b"b" * SIZE)
            seen.add(content[:1])
        writer.kill()
        writer.join()
        assert seen == {b"a", b"b"}
        assert file.read_bytes() in (b"a" * SIZE, b"b" * SIZE)
    write_durably(file, "ä")  # over what the killed writer left beside it
    assert file.read_text(encoding="utf-8") == "ä"
    assert [path.name for path in file.parent.iterdir()] == ["index.html"]


def test_a_copy_replaces_what_was_there(tmp_path: Path) -> None:
    source, target = tmp_path / "draft", tmp_path / "models" / "final"
    for content in ("first", "second"):
        write_durably(source, content)
        copy_durably(source, target)
        assert target.read_text() == content
    assert source.exists()


def test_a_file_keeps_its_permissions_and_its_link(tmp_path: Path) -> None:
    file, link = tmp_path / "page.html", tmp_path / "link.html"
    write_durably(file, "one")
    file.chmod(0o604)
    link.symlink_to(file)
    write_durably(link, "two")
    assert link.is_symlink() and file.read_text() == "two"
    assert file.stat().st_mode & 0o777 == 0o604


def test_new_folders_are_on_disk_before_what_lies_in_them(tmp_path: Path, monkeypatch) -> None:
    synced: list[Path] = []
    sync = os.fsync

    def noting(descriptor: int) -> None:
        sync(descriptor)
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", noting)
    write_durably(tmp_path / "models" / "2024-07-08" / "about.json", "{}")
    assert {tmp_path, tmp_path / "models", tmp_path / "models" / "2024-07-08"} <= set(synced)
    assert synced[-1] == tmp_path / "models" / "2024-07-08"
