"""The source simulator: every external site and API that the project reads, on this machine.

It speaks the contracts of the real ones, traps and error forms included, with values that follow
from the place and the hour alone, and has a switch for each way in which they fail. The project
meets it only where a connection's host says so.
"""
