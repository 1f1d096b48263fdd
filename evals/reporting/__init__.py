"""Logs of benchmarks as a page, a table of LaTeX and a table of CSV: scores with their intervals, side by side."""
