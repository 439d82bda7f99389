"""A computed name may be any module of the directory."""
import importlib
import os

for name in os.listdir("tools"):
    importlib.import_module(f"tools.{name}")
