"""Runs that were made: kept beside the project, listed, compared, told to other programs. No PyTorch."""
