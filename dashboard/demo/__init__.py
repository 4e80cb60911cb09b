"""bin/up --demo: a story that fills an empty Rollbook, told through its own operations.

`fill.py` tells it; `load_tester.py` and `further_apps.py` are what happens in it, and
`histories/` holds the code that is deployed, as commits in the form of git format-patch.
"""
