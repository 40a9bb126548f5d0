"""`python -m fxsnn`: the command line as `fxsnn` has it."""

from fxsnn.cli import main

if __name__ == "__main__":
    main()
