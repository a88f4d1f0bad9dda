"""A refresh as a workbook for spreadsheets: one sheet a question, with formulas that live."""

from mmm_assets.report.workbook.book import build_workbook

__all__ = ["build_workbook"]
