"""Reading `q_star`, the optimal action values that the supervised losses learn from."""

from jaxtyping import Float
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.fields import STEP_STREAM, check_head, check_same_shape, read


def read_q_star(step_stream: TensorDictBase, head: Tensor, head_field: str) -> Float[Tensor, " batch step action"]:
    """Optimal values with as many actions as the head; -inf marks an invalid action."""
    field = f"{STEP_STREAM}.q_star"
    q_star = read(step_stream, "q_star", STEP_STREAM, "float [B, S, A], the optimal value of each action")
    check_head(q_star, field, step_stream.batch_size, "A")
    check_same_shape(q_star, field, head, head_field)
    return q_star.detach()
