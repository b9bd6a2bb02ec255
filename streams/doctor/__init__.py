"""``heedful doctor``: what is wrong with what heedful stands on, why it matters, what to do.

One module for each thing that is looked at; each has a function that yields findings, as they are found.
"""
