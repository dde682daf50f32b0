"""Dataset scans, read from the folders that the operator named; these are never changed."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from mouse_dashboard.scan.class_view import scan_classes
from mouse_dashboard.scan.comparison_view import scan_comparison
from mouse_dashboard.scan.figures import distribution_figures
from mouse_dashboard.scan.models import (
    ClassQuery,
    DistributionFigures,
    DistributionQuery,
    OpenedWindow,
    ScanClasses,
    ScanComparison,
    ScanInfo,
    ScanList,
    SweepFigures,
    WindowRequest,
)
from mouse_dashboard.scan.open_window import window_file
from mouse_dashboard.scan.shard_models import ShardInfo, ShardPage, ShardQuery
from mouse_dashboard.scan.shard_view import shard_info, shard_page
from mouse_dashboard.scan.sweep_figures import sweep_figures
from mouse_dashboard.scan.view import scan_info, scan_list
from mouse_dashboard.schema.base import UUID
from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.store.models import BatchInfo
from mouse_dashboard.store.receiving import blocks_of
from mouse_dashboard.web.deps import EvaluatorDep, ScansDep, StoreDep

router = APIRouter(tags=["scans"])

ScanId = Annotated[str, Path(pattern=UUID, description="Id of a scan in the list.")]
Rank = Annotated[int, Path(ge=0, le=1 << 40, description="Rank of a shard: 0 for the one with the most wrong.")]


@router.get("/scans")
def list_scans(scans: ScansDep) -> ScanList:
    """The scans that the dashboard was started with."""
    return scan_list(scans)


@router.get("/scans/{scan_id}")
def show_scan(scan_id: ScanId, scans: ScansDep, evaluator: EvaluatorDep) -> ScanInfo:
    """Losses over all shards, issues by kind, and the worst transitions."""
    return scan_info(scans, scan_id, evaluator.losses)


@router.get("/scans/{scan_id}/shards")
def list_shards(scan_id: ScanId, query: Annotated[ShardQuery, Query()], scans: ScansDep) -> ShardPage:
    """Some of the shards, sorted and filtered."""
    return shard_page(scans.open(scan_id), query)


@router.get("/scans/{scan_id}/shards/{rank}")
def show_shard(scan_id: ScanId, rank: Rank, scans: ScansDep) -> ShardInfo:
    """Issues of a shard, and the distances of its distributions from those of the others."""
    return shard_info(scans.open(scan_id), rank)


@router.get("/scans/{scan_id}/distribution")
def show_distribution(
    scan_id: ScanId, query: Annotated[DistributionQuery, Query()], scans: ScansDep
) -> DistributionFigures:
    """A quantity over all shards, and in each of them."""
    return distribution_figures(scans.open(scan_id), query)


@router.get("/scans/{scan_id}/classes")
def show_classes(scan_id: ScanId, query: Annotated[ClassQuery, Query()], scans: ScansDep) -> ScanClasses:
    """A loss by class over all shards."""
    return scan_classes(scans.open(scan_id), query)


@router.get("/scans/{scan_id}/sweep")
def show_sweep(scan_id: ScanId, scans: ScansDep) -> SweepFigures:
    """The losses at every point of a sweep; empty if the scan has no sweep."""
    return sweep_figures(scans.open(scan_id))


@router.get("/scans/{scan_id}/comparison/{other_id}")
def compare_scans(
    scan_id: ScanId,
    other_id: Annotated[str, Path(pattern=UUID, description="Id of the scan to compare with.")],
    scans: ScansDep,
) -> ScanComparison:
    """What got worse since another scan, and where."""
    return scan_comparison(scans.open(scan_id), scans.open(other_id), other_id)


@router.post(
    "/scans/{scan_id}/windows",
    status_code=201,
    responses={
        200: {"model": OpenedWindow, "description": "It was opened before."},
        429: {"model": ErrorBody, "description": "Too many other files are being read; Retry-After says when."},
        507: {"model": ErrorBody, "description": "The disk is full."},
    },
)
async def open_scan_window(  # noqa: PLR0913, PLR0917  the parts of the request and of the application
    scan_id: ScanId, body: WindowRequest, response: Response, scans: ScansDep, store: StoreDep, evaluator: EvaluatorDep
) -> OpenedWindow:
    """Store the window around one of the worst transitions as a batch; opening it again reuses the batch."""
    window = window_file(scans.open(scan_id), body.number, evaluator.losses)
    info, new = await store.receive(window.name, blocks_of(window.path))
    assert isinstance(info, BatchInfo), "save_batch wrote it"  # noqa: S101
    response.status_code = 201 if new else 200
    return OpenedWindow(batch=info, loss=window.loss, row=0, step=window.step, configs=window.configs)
