"""Alerts where they touch the world: what is asked of ClickHouse, and what is watched when."""
