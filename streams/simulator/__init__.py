"""A shop and its help desk that never were: shoppers, agents and a delivery service, random, repeatable."""
