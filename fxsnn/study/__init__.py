"""An exploration as an Optuna study: any number of workers share it, and one that is killed costs only its trial."""
