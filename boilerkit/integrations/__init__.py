"""boilerkit as a step of other people's pipelines: one module an engine, imported by its name.

Each module imports its engine, so each needs the extra of its name; nothing is imported here.
"""
