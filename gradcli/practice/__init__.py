"""Practice: the steps of a trace as questions, one by one or on paper."""
