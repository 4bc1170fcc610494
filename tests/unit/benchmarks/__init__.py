"""Tests of what the benchmarks measure with, and of their report."""
