"""A network of populations as C99: integers alone, no allocation, word by word what the interpreter computes."""
