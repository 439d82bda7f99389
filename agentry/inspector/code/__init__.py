"""The agent's code as it is written: files, notebooks, modules, scopes, marker comments."""
