"""Helpers that several commands share: options, output, the access log and uploads."""
