"""The running program: document and undo, actions, the training thread, the window, the command line."""
