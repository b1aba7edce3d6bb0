"""Descent: optimizers, schedules, stop rules; yields steps and knows no screen and no file."""
