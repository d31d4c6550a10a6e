"""The history of the textbook network: the derivation's own inputs and cost, and plain gradient descent.

Made with `mnistnet train --inputs pixels --momentum 0 --schedule constant --weight-decay 0 --learning-rate 3
--batch-size 10 --history textbook.csv`, on MNIST.
"""

TEXTBOOK_WORDS = "the textbook network of the same size, on MNIST’s plain pixels"
LEARNING_RATE = 3
# Cost and validation accuracy, on 5,000 images, after each of 30 epochs.
RESULTS = """
0.0564 0.9222  0.0502 0.9266  0.0470 0.9316  0.0415 0.9400  0.0446 0.9366  0.0434 0.9364
0.0417 0.9386  0.0383 0.9382  0.0374 0.9400  0.0409 0.9378  0.0381 0.9434  0.0385 0.9380
0.0396 0.9364  0.0355 0.9404  0.0352 0.9404  0.0386 0.9338  0.0365 0.9400  0.0340 0.9396
0.0368 0.9352  0.0355 0.9372  0.0332 0.9358  0.0363 0.9388  0.0336 0.9404  0.0309 0.9428
0.0306 0.9382  0.0311 0.9402  0.0303 0.9424  0.0304 0.9424  0.0306 0.9410  0.0334 0.9398
"""
_VALUES = [float(value) for value in RESULTS.split()]
TEXTBOOK_HISTORY = [(cost, LEARNING_RATE, accuracy) for cost, accuracy in zip(_VALUES[::2], _VALUES[1::2], strict=True)]
