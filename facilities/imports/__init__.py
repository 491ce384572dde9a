"""Imports facilities, departments and staff in bulk from CSV and XLSX: all or nothing."""

from facilities.imports.report import Count, Report, RowError
from facilities.imports.run import run

__all__ = ["Count", "Report", "RowError", "run"]
