"""Every error that heedful raises on purpose, named by what the caller must do.

* HeedfulError
  x FixConfiguration     a setting, a rule or an argument is wrong; the message names it and the way out
  x FixInput             a file is not what it was said to be; the message names file, line and field
  x Unavailable          something that heedful needs is not there (yet); trying again may help
  x Fenced               another worker owns this now; stop, and build state anew if it comes back
  x Refused              going on would break a promise; the message says which, and the way out
"""


class HeedfulError(Exception):
    """Base of all."""


class FixConfiguration(HeedfulError):
    """A setting, a rule or an argument is wrong."""


class FixInput(HeedfulError):
    """A file is not what it was said to be."""


class Unavailable(HeedfulError):
    """Something that heedful needs is not there (yet)."""


class Fenced(HeedfulError):
    """Another worker owns this now."""


class Refused(HeedfulError):
    """Going on would break a promise."""
