"""The benchmark suite of boilerkit: accuracy, speed and a gate, against other extractors."""
