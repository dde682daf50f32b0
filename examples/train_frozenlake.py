"""An agent learns the 4 x 4 frozen lake from stored steps, with all four losses at once.

    python examples/train_frozenlake.py
    python examples/train_frozenlake.py --push http://localhost:8000    # watch it on a dashboard

Data, model and loop are in `mouse/demo/`: `learner.py` makes the stream of steps and the batches of it, `train.py` the
update, and `success.py` says exactly how often a policy reaches the goal.
"""

from mouse.demo.live import main

if __name__ == "__main__":
    main()
