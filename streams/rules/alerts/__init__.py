"""When people are told: rules over signals and over shares, rates and counts. Values in, values out.

``settings`` is ``[[alerts]]``; ``signals`` tells of one signal at a time; ``readings`` and ``usual`` say
whether a number is out of range, ``standing`` when that is raised and when it is over, ``causes`` what stands
behind it; ``notices`` decides what goes out now, alone or with others, and what waits.
"""
