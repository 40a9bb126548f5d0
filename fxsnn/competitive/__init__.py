"""The network of one layer that learns without labels: its description, plan, run and learning rule."""
