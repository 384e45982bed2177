"""Files in and out: tables of the town as files that Excel opens, both ways with the same columns.

Each floor registers its tables in a module `tables`: the columns, what goes out for a reader, and
how a row that comes in finds what it means and becomes an action (`registry`).
"""
