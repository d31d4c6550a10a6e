"""From any picture to the digits in it, each as MNIST would hold it."""

MAX_DIGITS = 20  # maximum length of a number; a longer row is text
