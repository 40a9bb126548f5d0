"""An exploration as an Optuna study: one coordinator asks for points and keeps their results, whatever is killed."""
