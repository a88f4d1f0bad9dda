"""The HTML report of a refresh, built from ``mart`` tables alone.

Reading order: ``build.py`` makes a page of the sections that ``sections.py`` lists; each view is
made by a file in ``views`` that asks ``refresh_tables.py`` for tables; ``page.py`` writes all as
one file with ``style.css`` and ``page.js``.
"""

from mmm_assets.report.build import build_report
from mmm_assets.report.index import build_index
from mmm_assets.report.refresh_tables import ReportContext

__all__ = ["ReportContext", "build_index", "build_report"]
