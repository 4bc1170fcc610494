"""Tests of jobs from request to results."""
