import math

Vector = list[float]


def naive_rotate(x: Vector, theta: float) -> Vector:
    turned: Vector = []
    for k in range(0, len(x), 2):
        turned.append(x[k] * math.cos(theta) - x[k + 1] * math.sin(theta))
        turned.append(x[k] * math.sin(theta) + x[k + 1] * math.cos(theta))
    return turned


def naive_angle(leader: Vector, other: Vector) -> float:
    """Signed angle by which `leader` leads `other`: atan2(<rot90(u_other), u_leader>, <u_other, u_leader>)."""
    u, w = _unit(other), _unit(leader)
    quarter = [component for k in range(0, len(u), 2) for component in (-u[k + 1], u[k])]
    return math.atan2(_inner(quarter, w), _inner(u, w))


def naive_scores(vectors: list[Vector]) -> list[float]:
    return [sum(naive_angle(leader, other) for other in vectors) for leader in vectors]


def naive_cosine(x: Vector, y: Vector) -> float:
    return _inner(_unit(x), _unit(y))


def length(x: Vector) -> float:
    return math.sqrt(_inner(x, x))


def _unit(x: Vector) -> Vector:
    return [component / length(x) for component in x]


def _inner(x: Vector, y: Vector) -> float:
    return sum(a * b for a, b in zip(x, y, strict=True))
