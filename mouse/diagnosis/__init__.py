"""The doctor: rules that name what is wrong with a batch before it is trained on."""

from mouse.diagnosis.doctor import doctor
from mouse.diagnosis.finding import Change, Finding, Severity
from mouse.diagnosis.report import DoctorError, NotChecked, Report
from mouse.diagnosis.rule import Rule
from mouse.diagnosis.rules import RULES
from mouse.diagnosis.thresholds import Thresholds
from mouse.diagnosis.unreadable import unreadable

__all__ = [
    "RULES",
    "Change",
    "DoctorError",
    "Finding",
    "NotChecked",
    "Report",
    "Rule",
    "Severity",
    "Thresholds",
    "doctor",
    "unreadable",
]
