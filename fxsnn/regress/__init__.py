"""Regression of formats: configurations that a file lists must give the words that its lock recorded."""
