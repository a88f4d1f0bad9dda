"""``python -m mmm_assets`` is the ``mmm`` command."""

from mmm_assets.cli import app

app()
