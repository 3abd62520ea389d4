"""The speed of the whole program, measured on loopback against wget and against budgets."""
