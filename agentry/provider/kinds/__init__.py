"""One file per kind of resource; `registry.py` lists them."""
