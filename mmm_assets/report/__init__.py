"""The HTML report of a refresh, built from ``mart`` tables alone.

Reading order: ``build.py`` puts the sections together; each section is a file
(``summary.py``, ``fit.py``, …) that asks ``refresh.py`` for tables and returns views;
``page.py`` writes them as one file with ``style.css`` and ``page.js``.
"""

from mmm_assets.report.build import build_report
from mmm_assets.report.index import build_index
from mmm_assets.report.refresh import ReportContext

__all__ = ["ReportContext", "build_index", "build_report"]
