"""Rules tried over the log: what they would have said, beside what was sent."""
