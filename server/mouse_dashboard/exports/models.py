"""Requests and responses of exports."""

from mouse_dashboard.schema.base import Body, ResponseModel
from mouse_dashboard.schema.requests import Configs


class ScriptRequest(Body):
    """What is on screen."""

    configs: Configs
    """The losses to reproduce; fields left out take their defaults."""
    loss: str
    """The loss in view: the script prints its metrics too."""


class Script(ResponseModel):
    """Python code."""

    text: str
    """It loads the batch's file from the folder it runs in, and prints every loss."""
