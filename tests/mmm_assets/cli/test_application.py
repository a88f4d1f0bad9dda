"""What the terminal prints is what the data say, markup or not."""

from __future__ import annotations

from mmm_assets.cli.application import console, text_table


def test_markup_from_data_is_text() -> None:
    with console.capture() as said:
        console.print(text_table(["[/red]x"], [["[/bold] [link=http://x]y"]]))
    assert "[/red]x" in said.get() and "[/bold] [link=http://x]y" in said.get()
