"""Tests of ``master_service.similarity``."""
