"""The doctor: rules that find what is wrong with a batch before it is trained on."""

from mouse.diagnosis.catalogue import CATALOGUE
from mouse.diagnosis.doctor import doctor, recording_report
from mouse.diagnosis.file_rules import FileReport, examine_file
from mouse.diagnosis.finding import Change, Finding, Severity
from mouse.diagnosis.function_rules import FUNCTION_RULES
from mouse.diagnosis.functions import function_report
from mouse.diagnosis.joint_report import add_recording_findings
from mouse.diagnosis.recording import RECORDING_RULES
from mouse.diagnosis.report import DoctorError, NotChecked, PartlyChecked, Report
from mouse.diagnosis.rule import Rule
from mouse.diagnosis.rules import RULES
from mouse.diagnosis.thresholds import Thresholds
from mouse.diagnosis.unreadable import unreadable

__all__ = [
    "CATALOGUE",
    "FUNCTION_RULES",
    "RECORDING_RULES",
    "RULES",
    "Change",
    "DoctorError",
    "FileReport",
    "Finding",
    "NotChecked",
    "PartlyChecked",
    "Report",
    "Rule",
    "Severity",
    "Thresholds",
    "add_recording_findings",
    "doctor",
    "examine_file",
    "function_report",
    "recording_report",
    "unreadable",
]
