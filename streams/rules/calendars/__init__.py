"""Business hours: ``calendar`` is the value, counted with ``years`` and ``public_holidays``."""
