"""Networks of every kind: which kind a file holds, its memory, the page on its step."""
