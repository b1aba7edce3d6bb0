"""Named programs: functions to minimise, graphs and models of lectures."""
