"""From a program to Python text: classes, arguments, loops, names and the lines of each block."""
