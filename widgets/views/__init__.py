"""The views of a run: each is one dock that shows what training tells, linked to the drawing."""
