"""Imports in bulk from CSV and XLSX, all or nothing: facilities, departments and staff, or sessions of pools."""

from facilities.imports import pools
from facilities.imports.report import Count, Report, RowError
from facilities.imports.run import run

__all__ = ["Count", "Report", "RowError", "pools", "run"]
