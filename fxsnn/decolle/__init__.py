"""Networks of convolutional and dense layers on event data, trained by local errors (DECOLLE) and run in integers."""
