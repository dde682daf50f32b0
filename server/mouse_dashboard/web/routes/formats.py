"""The supported file formats."""

from fastapi import APIRouter

from mouse_dashboard.reading.formats import PICKLE, READ
from mouse_dashboard.schema.base import ResponseModel
from mouse_dashboard.web.deps import SettingsDep

router = APIRouter(tags=["batches"])


class FormatInfo(ResponseModel):
    """A kind of file."""

    name: str
    """What it is called."""
    endings: list[str]
    """Of file names, to choose by; what a file is, its bytes decide."""


class FormatList(ResponseModel):
    """Every kind of file that is read."""

    formats: list[FormatInfo]
    """The one that save_batch writes first."""


@router.get("/formats")
def list_formats(settings: SettingsDep) -> FormatList:
    """Formats in which a batch may be sent."""
    formats = (*READ, PICKLE) if settings.allow_pt else READ
    return FormatList(formats=[FormatInfo(name=form.name, endings=list(form.endings)) for form in formats])
