"""The pure core: what is noticed, and what is done about it.

A rule reads no clock, no random number, no environment, no socket. README.md says of each what it asks, how
it decides, and what it gets wrong.
"""
