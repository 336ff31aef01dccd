"""Builds what is deployed: the layer, which is the package `sightline` with its dependencies, and a code package for each function.

The steps, a module each: `wheels` fetches the locked dependencies, `modules` finds what the functions import, `python312` finds the Python
that `bytecode` compiles with, `archive` writes zip files and folders, and `build` puts them together. docs/layer.md says why it is so.
"""
