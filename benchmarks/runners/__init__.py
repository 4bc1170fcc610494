"""The engines that are compared, each a program that is told by standard input what to process."""
