"""Networks in NIR, as other frameworks write them: read from HDF5, and made populations and projections."""
