"""Modules that are imported by name: the one that is named, or all where none is."""
import importlib

tool = importlib.import_module("tools.one")
tool.make()
