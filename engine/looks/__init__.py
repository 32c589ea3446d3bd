"""What can be seen inside a network: questions that a view asks, and the answers that training tells.

A `Look` is a question and a `Sight` its answer; both are plain values, so that they travel between processes.
`engine.insight` works the answers out with PyTorch. A look that a view keeps open is answered again and again while
the network learns, as often as its share of the time allows; one that is asked once is answered at once.
"""
