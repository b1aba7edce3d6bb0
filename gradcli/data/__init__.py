"""Files and arrays: values, tables of data, checkpoints, atomic writing.

Each module is imported where it is used; none of them imports NumPy before an array is needed.
"""
