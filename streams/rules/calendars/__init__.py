"""Business hours: ``calendar`` is the value, ``settings`` how it is written.

``written`` reads days and hours; ``years`` and ``public_holidays`` are what a calendar is counted with.
"""
