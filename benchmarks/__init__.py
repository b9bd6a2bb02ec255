"""heedful against plain Faust: same broker, same data, same work, in one run (``make bench``)."""
