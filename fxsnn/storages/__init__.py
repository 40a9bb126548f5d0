"""Storages of Optuna's, made quick where results come many at a time, and safe from writers that are killed."""
