"""The departure boards of FlightStats."""
