"""The whole of heedful on one machine, measured against the truth."""
