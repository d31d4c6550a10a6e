"""The history of the textbook network: the derivation's own inputs and cost, and plain gradient descent.

Made with `mnistnet train --inputs pixels --momentum 0 --schedule constant --weight-decay 0 --learning-rate 3
--batch-size 10 --history textbook.csv`, on MNIST.
"""

TEXTBOOK_WORDS = "the textbook network of the same size, shown the plain pixels"
# For each of 30 epochs: cost, learning rate, accuracy on 5,000 validation images.
TEXTBOOK_HISTORY = (
    (0.0564, 3, 0.9222),
    (0.0502, 3, 0.9266),
    (0.0470, 3, 0.9316),
    (0.0415, 3, 0.9400),
    (0.0446, 3, 0.9366),
    (0.0434, 3, 0.9364),
    (0.0417, 3, 0.9386),
    (0.0383, 3, 0.9382),
    (0.0374, 3, 0.9400),
    (0.0409, 3, 0.9378),
    (0.0381, 3, 0.9434),
    (0.0385, 3, 0.9380),
    (0.0396, 3, 0.9364),
    (0.0355, 3, 0.9404),
    (0.0352, 3, 0.9404),
    (0.0386, 3, 0.9338),
    (0.0365, 3, 0.9400),
    (0.0340, 3, 0.9396),
    (0.0368, 3, 0.9352),
    (0.0355, 3, 0.9372),
    (0.0332, 3, 0.9358),
    (0.0363, 3, 0.9388),
    (0.0336, 3, 0.9404),
    (0.0309, 3, 0.9428),
    (0.0306, 3, 0.9382),
    (0.0311, 3, 0.9402),
    (0.0303, 3, 0.9424),
    (0.0304, 3, 0.9424),
    (0.0306, 3, 0.9410),
    (0.0334, 3, 0.9398),
)
