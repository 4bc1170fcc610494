"""Computes sentence vectors with a small language model: texts of like meaning are close."""
