"""Published configurations of the DQN loss."""

from mouse.losses.preset import Preset, Reference

DQN_PRESETS = (
    Preset(
        name="DQN",
        doc="The discount of the first DQN on Atari, which also clipped its rewards to -1 to 1: that is for the batch.",
        fields={"gamma": 0.99},
        reference=Reference("Mnih et al.", "Human-level control through deep reinforcement learning", 2015),
    ),
    Preset(
        name="Long horizon",
        doc="The discount of R2D2, for rewards hundreds of steps later; its n-step returns are not taken over.",
        fields={"gamma": 0.997},
        reference=Reference(
            "Kapturowski et al.", "Recurrent experience replay in distributed reinforcement learning", 2019
        ),
    ),
    Preset(
        name="Bootstrap at time limits",
        doc="A time limit is no end of the task: the value of the state it cuts off at counts like any other.",
        fields={"gamma": 0.99, "gamma_truncated": 0.99},
        reference=Reference("Pardo et al.", "Time limits in reinforcement learning", 2018),
    ),
)
