"""What every verb is asked: a program, values and data for its names, and what to look at."""
