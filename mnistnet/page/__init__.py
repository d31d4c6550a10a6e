"""The page: one HTML file that shows a model at work, and the plain files that it is made of."""
