"""mnistnet: a neural network from scratch in NumPy that reads handwritten digits."""

__version__ = "0.1.0"
