"""A differential through the real doors: random courses of a cold chain, against an oracle written apart from the code.

`courses.py` makes up what happens, as plain rows that can be left out one by one; `doors.py` is a whole installation
on a clock of the test's own; `facts.py` notes what was accepted there; `oracle.py` says from these facts alone what
must be answered. Many courses run side by side in one database, each with containers, loggers and lots of its own.

What the oracle does not judge: thaws, opened doors, forecasts, mean kinetic temperatures, drawings, times stamped on
arrival, and the words of reasons. A failing course is named by its seed; `COURSES=17 pytest tests/differential` runs it
again, and what it prints is as short as leaving things out makes it.
"""
