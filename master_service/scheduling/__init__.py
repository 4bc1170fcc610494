"""Decides which slave gets which file, and when to retry or give up: events in, actions out."""
